namespace Kindling.Train.Ranks;

/// <summary>A process that trains alone.</summary>
public sealed class SingleProcess : IRanks
{
    private SingleProcess() { }

    /// <summary>The one there is.</summary>
    public static SingleProcess Alone { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Count => 1;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> data, int to) => throw NoOther(to);

    /// <inheritdoc/>
    public void Receive(Span<byte> data, int from) => throw NoOther(from);

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int from) { }

    /// <inheritdoc/>
    public bool Any(bool value) => value;

    private static InvalidOperationException NoOther(int rank) => new($"There is no process {rank}, this one is alone.");
}
