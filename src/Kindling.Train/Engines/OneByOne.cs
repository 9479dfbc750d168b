using System.Collections.Concurrent;

namespace Kindling.Train.Engines;

/// <summary>
/// A few long pieces of work on some threads: each thread takes the next piece when it is done with its last. <c>Parallel.For</c> hands out runs of several, and
/// at the end of every iteration a thread then waits for as many.
/// </summary>
internal static class OneByOne
{
    /// <summary>Does the pieces from <paramref name="from"/> to the one before <paramref name="to"/>.</summary>
    public static void For(int from, int to, int threads, Action<int> body) =>
        _ = Parallel.ForEach(
            Partitioner.Create(Enumerable.Range(from, to - from), EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            body
        );
}
