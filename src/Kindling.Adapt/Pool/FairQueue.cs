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
    private readonly Dictionary<string, LinkedList<Action<bool>>> _users = new(StringComparer.Ordinal);

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

    /// <summary>Queues work; cancelled before its turn, it gives up its place at once.</summary>
    /// <exception cref="LearnerPoolBusyException">The queue is full.</exception>
    internal Task<T> Run<T>(string user, Func<T> work, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ExecutionContext? context = ExecutionContext.Capture();
        CancellationTokenRegistration cancellation = default;
        void Do(bool run)
        {
            _ = cancellation.Unregister();
            try
            {
                ObjectDisposedException.ThrowIf(!run, typeof(LearnerPool));
                cancellationToken.ThrowIfCancellationRequested();
                result.SetResult(In(context, work));
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

        LinkedListNode<Action<bool>> piece = new(Do);
        void Cancel()
        {
            lock (_lock)
            {
                if (piece.List is not { } pieces)
                {
                    // Its turn came first: the work itself heeds the token.
                    return;
                }

                pieces.Remove(piece);
                _waiting--;
            }

            result.SetCanceled(cancellationToken);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LearnerPool));
            if (_waiting >= _capacity && _waiting > 0)
            {
                throw new LearnerPoolBusyException($"{_waiting} adaptations are waiting, no more are taken.");
            }

            _waiting++;
            if (!_users.TryGetValue(user, out LinkedList<Action<bool>>? pieces))
            {
                pieces = new LinkedList<Action<bool>>();
                _users.Add(user, pieces);
                _ = _turns.Writer.TryWrite(user);
            }

            pieces.AddLast(piece);
            // May cancel here and now. No worker takes the piece before the lock is open.
            cancellation = cancellationToken.UnsafeRegister(_ => Cancel(), state: null);
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

    private static T In<T>(ExecutionContext? context, Func<T> work)
    {
        if (context is null)
        {
            return work();
        }

        T result = default!;
        ExecutionContext.Run(context, _ => result = work(), state: null);
        return result;
    }

    private async Task WorkAsync()
    {
        await foreach (string user in _turns.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Action<bool>? piece = null;
            bool run;
            lock (_lock)
            {
                if (_users[user].First is { } first)
                {
                    piece = first.Value;
                    first.List!.Remove(first);
                    _waiting--;
                }

                run = !_closed;
            }

            piece?.Invoke(run);
            List<Action<bool>> refused = [];
            lock (_lock)
            {
                LinkedList<Action<bool>> rest = _users[user];
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
