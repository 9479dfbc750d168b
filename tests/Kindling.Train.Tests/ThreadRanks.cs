using System.Collections.Concurrent;
using Kindling.Train.Ranks;

namespace Kindling.Train.Tests;

/// <summary>The processes of a training as threads of this one, with copied messages. A process that fails ends the others, as a launcher does.</summary>
internal sealed class ThreadRanks : IRanks
{
    private readonly Group group;

    private ThreadRanks(Group group, int rank)
    {
        this.group = group;
        Rank = rank;
    }

    public int Rank { get; }

    public int Count => group.Count;

    /// <summary>What each process ends with, and what it threw; those that were ended have neither.</summary>
    public static (T?[] Results, Exception?[] Errors) Run<T>(int count, Func<IRanks, T> work)
    {
        using Group all = new(count);
        T?[] results = new T?[count];
        Exception?[] errors = new Exception?[count];
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, count)
                .Select(rank => new Thread(() =>
                {
                    try
                    {
                        results[rank] = work(new ThreadRanks(all, rank));
                    }
                    catch (OperationCanceledException) when (all.Ended.IsCancellationRequested) { }
                    catch (Exception e)
                    {
                        errors[rank] = e;
                        // Later, since all may be about to fail alike.
                        all.Ended.CancelAfter(TimeSpan.FromSeconds(2));
                    }
                })),
        ];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        return (results, errors);
    }

    /// <summary>What each process ends with; none may fail.</summary>
    public static T[] Succeed<T>(int count, Func<IRanks, T> work)
    {
        (T?[] results, Exception?[] errors) = Run(count, work);
        Assert.That(errors, Has.All.Null);
        return results!;
    }

    public void Send(ReadOnlySpan<byte> data, int to) => group.Link(Rank, to).Add(data.ToArray(), group.Ended.Token);

    public void Receive(Span<byte> data, int from)
    {
        byte[] message = group.Link(from, Rank).Take(group.Ended.Token);
        Assert.That(message, Has.Length.EqualTo(data.Length), $"{from} -> {Rank}");
        message.CopyTo(data);
    }

    public void Broadcast(Span<byte> data, int from)
    {
        if (Rank != from)
        {
            Receive(data, from);
            return;
        }

        for (int rank = 0; rank < Count; rank++)
        {
            if (rank != Rank)
            {
                Send(data, rank);
            }
        }
    }

    public bool Any(bool value)
    {
        bool any = false;
        for (int rank = 0; rank < Count; rank++)
        {
            Span<byte> said = [value ? (byte)1 : (byte)0];
            Broadcast(said, rank);
            any |= said[0] != 0;
        }

        return any;
    }

    private sealed class Group(int count) : IDisposable
    {
        // What waits longer than this waits for ever.
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

        // A send waits for its receiver to have taken the one before: large messages do so in MPI as well.
        private readonly ConcurrentDictionary<(int From, int To), BlockingCollection<byte[]>> links = new();

        public int Count { get; } = count;

        public CancellationTokenSource Ended { get; } = new(Patience);

        public BlockingCollection<byte[]> Link(int from, int to) => links.GetOrAdd((from, to), _ => new BlockingCollection<byte[]>(1));

        public void Dispose()
        {
            Ended.Dispose();
            foreach (BlockingCollection<byte[]> link in links.Values)
            {
                link.Dispose();
            }
        }
    }
}
