namespace Kindling.Adapt.Tests;

/// <summary>The queue of a <see cref="LearnerPool"/>: whose turn it is, in whose context, and who gives up.</summary>
public sealed class FairQueueTests
{
    [Test]
    public async Task Run_UserWithMuchWork_DelaysOthersByOnePieceOnly()
    {
        await using FairQueue queue = new(workers: 1, capacity: 100);
        using ManualResetEventSlim go = new();
        List<string> done = [];
        Task<int> Piece(string user, string name) =>
            queue.Run(
                user,
                () =>
                {
                    go.Wait();
                    done.Add(name);
                    return 0;
                },
                default
            );

        List<Task> all = [.. Enumerable.Range(0, 5).Select(i => Piece("ann", $"ann{i}"))];
        all.Add(Piece("bob", "bob0"));
        all.Add(Piece("cid", "cid0"));
        go.Set();
        await Task.WhenAll(all);

        Assert.That(
            done,
            Is.EqualTo(new[] { "ann0", "bob0", "cid0", "ann1", "ann2", "ann3", "ann4" })
                .Or.EqualTo(new[] { "ann0", "ann1", "bob0", "cid0", "ann2", "ann3", "ann4" })
        );
    }

    [Test]
    public async Task Run_Work_RunsInTheContextOfWhoeverQueuedIt()
    {
        AsyncLocal<string?> request = new() { Value = "made the queue" };
        await using FairQueue queue = new(workers: 1, capacity: 100);
        List<string?> seen = [];
        foreach (string? name in new[] { "ann", null, "bob" })
        {
            request.Value = name;
            seen.Add(await queue.Run("user", () => request.Value, default));
        }

        using (ExecutionContext.SuppressFlow())
        {
            seen.Add(queue.Run("user", () => request.Value, default).Result);
        }

        Assert.That(seen, Is.EqualTo(new[] { "ann", null, "bob", null }));
    }

    [Test]
    public async Task Run_CancelledWhileItWaits_EndsAtOnceAndGivesUpItsPlace()
    {
        await using FairQueue queue = new(workers: 1, capacity: 2);
        using ManualResetEventSlim go = new();
        using CancellationTokenSource cancel = new();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> done = [];
        Task<int> Piece(string user, string name, CancellationToken token = default) =>
            queue.Run(
                user,
                () =>
                {
                    done.Add(name);
                    started.TrySetResult();
                    go.Wait(CancellationToken.None);
                    return 0;
                },
                token
            );
        Task running = Piece("ann", "ann0", cancel.Token);
        await started.Task;
        Task[] waiting = [Piece("ann", "ann1", cancel.Token), Piece("bob", "bob0", cancel.Token)];
        Task[] more;

        await cancel.CancelAsync();

        try
        {
            Assert.That(waiting.Select(task => task.Status), Is.All.EqualTo(TaskStatus.Canceled));
            Assert.That((queue.Waiting, running.IsCompleted), Is.EqualTo((0, false)));
            more = [Piece("bob", "bob1"), Piece("ann", "ann2")];
            Assert.That(() => Piece("cid", "cid0"), Throws.TypeOf<LearnerPoolBusyException>());
        }
        finally
        {
            go.Set();
        }

        await Task.WhenAll(more.Append(running));
        Assert.That(done, Is.EquivalentTo(new[] { "ann0", "bob1", "ann2" }));
        Assert.That(queue.Waiting, Is.Zero);
        Assert.That(async () => await Piece("ann", "ann3", cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(queue.Waiting, Is.Zero);
    }

    [Test]
    public async Task Run_CancelledAsItsTurnComes_IsCountedOnce()
    {
        await using FairQueue queue = new(workers: 2, capacity: 1000);
        int ran = 0;
        int cancelled = 0;
        await Parallel.ForAsync(
            0,
            2000,
            async (i, _) =>
            {
                using CancellationTokenSource cancel = new();
                Task<int> piece = queue.Run($"{i % 3}", () => Interlocked.Increment(ref ran), cancel.Token);
                await cancel.CancelAsync();
                try
                {
                    await piece;
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        );

        Assert.That(ran + cancelled, Is.EqualTo(2000));
        Assert.That(queue.Waiting, Is.Zero);
    }
}
