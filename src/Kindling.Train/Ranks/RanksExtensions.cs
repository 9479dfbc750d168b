using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kindling.Train.Ranks;

/// <summary>What trainings do with <see cref="IRanks"/>.</summary>
internal static class RanksExtensions
{
    /// <summary>The items that a process takes of a number of them: neighbours, and about as many as every other.</summary>
    public static (int From, int To) Share(this IRanks ranks, int count, int rank) =>
        ((int)((long)count * rank / ranks.Count), (int)((long)count * (rank + 1) / ranks.Count));

    /// <summary>Gives all processes the numbers of one.</summary>
    public static void Broadcast<T>(this IRanks ranks, Span<T> values, int from = 0)
        where T : unmanaged => ranks.Broadcast(MemoryMarshal.AsBytes(values), from);

    /// <summary>Completes rows of which each process has filled in its share.</summary>
    public static void Gather<T>(this IRanks ranks, Span<T> values, int rows)
        where T : unmanaged
    {
        int width = values.Length / rows;
        for (int rank = 0; rank < ranks.Count; rank++)
        {
            (int from, int to) = ranks.Share(rows, rank);
            ranks.Broadcast(values[(from * width)..(to * width)], rank);
        }
    }

    /// <summary>The processes whose bytes are not those of process 0; the same answer in all.</summary>
    public static IReadOnlyList<int> Unlike(this IRanks ranks, IncrementalHash hash)
    {
        Span<byte> hashes = new byte[ranks.Count * hash.HashLengthInBytes];
        _ = hash.GetHashAndReset(hashes[(ranks.Rank * hash.HashLengthInBytes)..]);
        ranks.Gather(hashes, ranks.Count);
        List<int> unlike = [];
        for (int rank = 1; rank < ranks.Count; rank++)
        {
            if (!hashes.Slice(rank * hash.HashLengthInBytes, hash.HashLengthInBytes).SequenceEqual(hashes[..hash.HashLengthInBytes]))
            {
                unlike.Add(rank);
            }
        }

        return unlike;
    }
}
