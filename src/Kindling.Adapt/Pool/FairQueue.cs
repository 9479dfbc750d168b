using System.Threading.Channels;

namespace Kindling.Adapt;

/// <summary>
/// Work of many users on a few workers: one piece of a user at a time, in order, and the users in turn, so that a user with much work delays nobody else by
/// more than one piece. Thread-safe.
/// </summary>
internal sealed class FairQueue : IAsyncDisposable
{
    private readonly Lock _lock = new();

    /// <summary>What waits, by user; a user is here while he waits or works.</summary>
    private readonly Dictionary<string, Queue<Action<bool>>> _users = new(StringComparer.Ordinal);

    /// <summary>Users whose turn it is next: those that wait and have nothing running.</summary>
    private readonly Channel<string> _turns = Channel.CreateUnbounded<string>();
    private readonly int _capacity;
    private readonly Task[] _workers;
    private int _waiting;
    private bool _closed;

    /// <summary>A queue with so many workers that refuses more than <paramref name="capacity"/> waiting pieces.</summary>
    internal FairQueue(int workers, int capacity)
    {
        _capacity = capacity;
        // Each piece runs in the context of whoever queued it, not of whoever made the queue.
        using AsyncFlowControl flow = ExecutionContext.SuppressFlow();
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>Pieces that wait.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting;
            }
        }
    }

    /// <summary>Queues work.</summary>
    /// <exception cref="LearnerPoolBusyException">The queue is full.</exception>
    internal Task<T> Run<T>(string user, Func<T> work, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ExecutionContext? context = ExecutionContext.Capture();
        void Do(bool run)
        {
            try
            {
                ObjectDisposedException.ThrowIf(!run, typeof(LearnerPool));
                cancellationToken.ThrowIfCancellationRequested();
                result.SetResult(work());
            }
            catch (OperationCanceledException e)
            {
                result.SetCanceled(e.CancellationToken);
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }

        void DoInContext(bool run)
        {
            if (context is null)
            {
                Do(run);
            }
            else
            {
                ExecutionContext.Run(context, _ => Do(run), state: null);
            }
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LearnerPool));
            if (_waiting >= _capacity && _waiting > 0)
            {
                throw new LearnerPoolBusyException($"{_waiting} adaptations are waiting, no more are taken.");
            }

            _waiting++;
            if (_users.TryGetValue(user, out Queue<Action<bool>>? pieces))
            {
                pieces.Enqueue(DoInContext);
            }
            else
            {
                _users.Add(user, new Queue<Action<bool>>([DoInContext]));
                _ = _turns.Writer.TryWrite(user);
            }
        }

        return result.Task;
    }

    /// <summary>Refuses new work and what waits, and lets finish what runs.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
        }

        _ = _turns.Writer.TryComplete();
        await Task.WhenAll(_workers).ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        await foreach (string user in _turns.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Action<bool> piece;
            bool run;
            lock (_lock)
            {
                piece = _users[user].Dequeue();
                _waiting--;
                run = !_closed;
            }

            piece(run);
            List<Action<bool>> refused = [];
            lock (_lock)
            {
                Queue<Action<bool>> rest = _users[user];
                if (_closed)
                {
                    refused.AddRange(rest);
                    _waiting -= rest.Count;
                    rest.Clear();
                }

                if (rest.Count == 0)
                {
                    _ = _users.Remove(user);
                }
                else
                {
                    _ = _turns.Writer.TryWrite(user);
                }
            }

            refused.ForEach(other => other(false));
        }
    }
}
