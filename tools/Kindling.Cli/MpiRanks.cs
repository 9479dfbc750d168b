using Kindling.Mpi;
using Kindling.Train.Ranks;

namespace Kindling.Cli;

/// <summary>The processes of an MPI world as those of a training.</summary>
internal sealed class MpiRanks(MpiWorld world) : IRanks
{
    /// <inheritdoc/>
    public int Rank => world.Rank;

    /// <inheritdoc/>
    public int Count => world.Count;

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> data, int to) => world.Send(data, to);

    /// <inheritdoc/>
    public void Receive(Span<byte> data, int from) => world.Receive(data, from);

    /// <inheritdoc/>
    public void Broadcast(Span<byte> data, int from) => world.Broadcast(data, from);

    /// <inheritdoc/>
    public bool Any(bool value) => world.Any(value);
}
