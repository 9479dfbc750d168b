namespace Kindling.Train.Ranks;

/// <summary>
/// The processes that train together, each with the same recipe and data, numbered from 0. All take the same way through a training, so that each
/// call meets its counterparts. Blocking; called from one thread.
/// </summary>
public interface IRanks
{
    /// <summary>The number of this process. Number 0 alone reads and writes files.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Count { get; }

    /// <summary>Sends to one other process, which receives as many bytes.</summary>
    void Send(ReadOnlySpan<byte> data, int to);

    /// <summary>Receives from one other process.</summary>
    void Receive(Span<byte> data, int from);

    /// <summary>Gives all processes the bytes of one.</summary>
    void Broadcast(Span<byte> data, int from);

    /// <summary>Whether it is so in any process.</summary>
    bool Any(bool value);
}
