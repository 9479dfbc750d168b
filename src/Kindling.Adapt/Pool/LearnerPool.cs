using System.Security.Cryptography;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// The learners of many users of one model. Those used last are in memory, the others on disk; adaptations wait in a queue that takes the users in turn, and
/// each accepted one is saved before it is reported. Thread-safe.
/// </summary>
/// <remarks>Names of users appear nowhere on disk. A delta can reveal the examples that it was fitted to: treat the folder like the data.</remarks>
public sealed class LearnerPool : IAsyncDisposable
{
    private readonly AdaptableModel _model;
    private readonly LearnerPoolOptions _options;
    private readonly FairQueue _queue;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);

    /// <summary>All of <see cref="_entries"/>, the last used first.</summary>
    private readonly LinkedList<Entry> _order = new();
    private bool _disposed;

    /// <summary>A pool; the folder is made where it is missing.</summary>
    /// <param name="model">The model; the pool does not dispose it.</param>
    /// <param name="options">How it keeps its learners.</param>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    public LearnerPool(AdaptableModel model, LearnerPoolOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> faults = options.Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The options have {faults.Count} fault(s): {string.Join(" ", faults)}", nameof(options));
        }

        _model = model;
        _options = options;
        _ = Directory.CreateDirectory(options.Folder);
        _queue = new FairQueue(options.Adaptations, options.Queued);
    }

    /// <summary>Learners in memory.</summary>
    public int Resident
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Adaptations that wait.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Whether a user has a saved learner.</summary>
    public bool Contains(string user) => File.Exists(PathOf(user));

    /// <summary>
    /// Adapts a user's learner when it is his turn; a user without one starts at the meta-initialisation. When the task ends with an accepted report, the
    /// result is on disk; when it fails, the user has what was there before.
    /// </summary>
    /// <exception cref="LearnerPoolBusyException">Too many adaptations are waiting.</exception>
    /// <exception cref="BundleException">The user's file is damaged or of another bundle.</exception>
    public Task<AdaptReport> AdaptAsync(
        string user,
        AdaptRequest request,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) =>
        Queue(
            user,
            path =>
            {
                using Lease lease = Rent(path);
                try
                {
                    AdaptReport report = lease.Learner.Adapt(request, progress, cancellationToken);
                    if (report.Accepted)
                    {
                        lease.Learner.Save(path);
                    }

                    return report;
                }
                catch
                {
                    // What is in memory must not differ from what comes back after an eviction.
                    Drop(lease.Entry);
                    throw;
                }
            },
            cancellationToken
        );

    /// <summary>Does something with a user's learner, such as predicting. Do not keep, adapt or dispose it.</summary>
    /// <exception cref="BundleException">The user's file is damaged or of another bundle.</exception>
    public T Use<T>(string user, Func<ILearner, T> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        using Lease lease = Rent(PathOf(user));
        return use(lease.Learner);
    }

    /// <summary>Predicts for a user.</summary>
    /// <exception cref="BundleException">The user's file is damaged or of another bundle.</exception>
    public Prediction Predict(string user, FloatTensor input) => Use(user, learner => learner.Predict(input));

    /// <summary>Forgets a user, with his file, its earlier generations and what a crash left of them, after what he has waiting.</summary>
    public Task DeleteAsync(string user, CancellationToken cancellationToken = default) =>
        Queue(
            user,
            path =>
            {
                using Lease lease = Take(path);
                // Whoever loads the user meanwhile waits.
                lock (lease.Entry.Loading)
                {
                    try
                    {
                        foreach (string file in (string[])[.. AtomicFile.Temporaries(path), .. DeltaFile.Generations(path), path])
                        {
                            File.Delete(file);
                        }
                    }
                    finally
                    {
                        Drop(lease.Entry);
                    }
                }

                return true;
            },
            cancellationToken
        );

    /// <summary>Lets running adaptations finish, refuses those that wait, and disposes the learners; those in use, when they are given back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync().ConfigureAwait(false);
        List<Entry> idle;
        lock (_lock)
        {
            _disposed = true;
            idle = [.. _order.Where(entry => entry.Leases == 0)];
            _order.Clear();
            _entries.Clear();
        }

        idle.ForEach(entry => entry.Learner?.Dispose());
    }

    private Task<T> Queue<T>(string user, Func<string, T> work, CancellationToken cancellationToken)
    {
        string path = PathOf(user);
        return _queue.Run(path, () => work(path), cancellationToken);
    }

    private string PathOf(string user)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user)));
        return Path.Combine(_options.Folder, name + DeltaFile.Extension);
    }

    /// <summary>A user's learner, loaded where it is not in memory.</summary>
    private Lease Rent(string path)
    {
        Lease lease = Take(path);
        try
        {
            lock (lease.Entry.Loading)
            {
                lease.Entry.Learner ??= File.Exists(path) ? _model.OpenLearner(path) : _model.CreateLearner();
            }

            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>A user's entry, which stays in memory until it is given back or dropped; its learner need not be loaded.</summary>
    private Lease Take(string path)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(path, out LinkedListNode<Entry>? node))
            {
                _order.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Entry>(new Entry(path));
                _entries.Add(path, node);
            }

            _order.AddFirst(node);
            node.Value.Leases++;
            return new Lease(this, node.Value);
        }
    }

    private void Return(Entry entry)
    {
        List<Entry> gone = [];
        lock (_lock)
        {
            entry.Leases--;
            if (entry.Leases == 0 && (entry.Learner is null || NodeOf(entry) is null))
            {
                Remove(entry);
                gone.Add(entry);
            }

            for (LinkedListNode<Entry>? node = _order.Last; node is not null && _entries.Count > _options.Resident; )
            {
                LinkedListNode<Entry>? before = node.Previous;
                if (node.Value.Leases == 0)
                {
                    gone.Add(node.Value);
                    Remove(node.Value);
                }

                node = before;
            }
        }

        gone.ForEach(old => old.Learner?.Dispose());
    }

    /// <summary>Takes a learner out of memory; it is disposed when the last one who uses it gives it back. In the user's turn only.</summary>
    private void Drop(Entry entry)
    {
        lock (_lock)
        {
            Remove(entry);
        }
    }

    /// <summary>Takes an entry out, unless another one has its place already; called under the lock.</summary>
    private void Remove(Entry entry)
    {
        if (NodeOf(entry) is { } node)
        {
            _ = _entries.Remove(entry.Path);
            _order.Remove(node);
        }
    }

    private LinkedListNode<Entry>? NodeOf(Entry entry) =>
        _entries.TryGetValue(entry.Path, out LinkedListNode<Entry>? node) && ReferenceEquals(node.Value, entry) ? node : null;

    private sealed class Entry(string path)
    {
        internal string Path => path;

        internal Lock Loading { get; } = new();

        internal Learner? Learner { get; set; }

        internal int Leases { get; set; }
    }

    private readonly struct Lease(LearnerPool pool, Entry entry) : IDisposable
    {
        internal Entry Entry => entry;

        internal Learner Learner => entry.Learner!;

        public void Dispose() => pool.Return(entry);
    }
}
