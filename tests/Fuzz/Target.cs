namespace Kindling.Fuzz.Tests;

/// <summary>A reader that has to withstand anything.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="Corpus">Good inputs.</param>
/// <param name="Read">Reads; may throw what <paramref name="Allows"/> lists.</param>
/// <param name="Allows">The documented exceptions.</param>
internal sealed record Target(string Name, IReadOnlyList<byte[]> Corpus, Action<byte[]> Read, params Type[] Allows)
{
    /// <summary>Managed memory that may be taken besides 8 times the input.</summary>
    public long MostBytes { get; init; } = 64 << 20;

    public override string ToString() => Name;
}
