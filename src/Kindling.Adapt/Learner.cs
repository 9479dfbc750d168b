using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// A model as adapted to one user or task. Predictions may run from several threads and while an adaptation runs: they read an immutable snapshot of
/// the parameters, and an adaptation publishes a new one at its end.
/// </summary>
public sealed partial class Learner : ILearner
{
    private readonly AdaptableModel _model;
    private readonly StartPoint _start;
    private readonly Lock _lock = new();
    private readonly Turns _turns = new();

    /// <summary>What <see cref="Rollback"/> goes back to, the last one first to go.</summary>
    private readonly List<Snapshot> _earlier = [];
    private Snapshot? _current;

    internal Learner(AdaptableModel model, StartPoint start, Heads heads)
        : this(model, start, new Snapshot(start, start.Delta, heads, steps: 0)) { }

    internal Learner(AdaptableModel model, StartPoint start, Heads heads, DeltaFile delta)
        : this(model, start, Restore(start, heads, delta)) { }

    private Learner(AdaptableModel model, StartPoint start, Snapshot current)
    {
        _model = model;
        _start = start;
        _current = current;
        // The snapshot's reference covers the start point for as long as it lives; a learner outlives its snapshots.
        _ = start.TryAcquire();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => Read(snapshot => snapshot.Heads.Classes);

    /// <inheritdoc/>
    public int Steps => Read(snapshot => snapshot.Steps);

    /// <inheritdoc/>
    public float? ConfidenceThreshold => Read(snapshot => snapshot.Heads.Threshold);

    /// <summary>How pictures are inverted before prediction: as those of the last adaptation were; null: as the bundle says.</summary>
    public ImageInversion? Invert => Read(snapshot => snapshot.Invert);

    /// <summary>A copy of the adapted parameters and statistics by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Parameters => Read(snapshot => snapshot.Delta.ToDictionary());

    /// <inheritdoc/>
    public void Save(string path)
    {
        if (!_start.IsBundles)
        {
            throw new InvalidOperationException(
                "A learner that started elsewhere than at the bundle's meta-initialisation has no delta; Bake writes it whole."
            );
        }

        DeltaFile delta = Read(snapshot => new DeltaFile
        {
            Base = _model.Manifest.BaseIdentity,
            Name = _model.Manifest.Name,
            Classes = snapshot.Heads.Classes,
            Steps = snapshot.Steps,
            Invert = snapshot.Invert,
            ConfidenceThreshold = snapshot.Heads.Threshold,
            Tensors = snapshot.Delta.ToDictionary(),
        });
        delta.Write(path, _model.Options.SavedGenerations);
    }

    /// <inheritdoc/>
    public void Bake(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Snapshot snapshot = Acquire();
        try
        {
            using BundleFiles files = _model.Reopen();
            ModelBaker.Bake(files, snapshot.Heads, snapshot.Delta.ToDictionary().Concat(_start.Frozen.ToDictionary()), path);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <inheritdoc/>
    public float Calibrate(SupportSet support, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(support);
        using Turns.Turn turn = TakeTurn();
        float threshold = Calibration.Threshold(_model, support, cancellationToken);
        Snapshot before = Acquire();
        try
        {
            Snapshot after = new(_start, before.Delta, before.Heads.Calibrated(threshold), before.Steps, before.Invert);
            lock (_lock)
            {
                ReleaseIfDisposed(after);
                _current!.Release();
                _current = after;
            }
        }
        finally
        {
            before.Release();
        }

        return threshold;
    }

    /// <inheritdoc/>
    public bool Rollback()
    {
        using Turns.Turn turn = TakeTurn();
        lock (_lock)
        {
            ThrowIfDisposed();
            if (_earlier.Count == 0)
            {
                return false;
            }

            _current!.Release();
            _current = _earlier[^1];
            _current.KeepContexts(true);
            _earlier.RemoveAt(_earlier.Count - 1);
            ForgetStream();
            return true;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        using Turns.Turn turn = TakeTurn();
        StartAgain();
    }

    /// <summary>Back to the start; the caller has the turn.</summary>
    private void StartAgain()
    {
        ThrowIfDisposed();
        Publish(new Snapshot(_start, _start.Delta, Heads.Initial(_model.Manifest), steps: 0));
        ForgetStream();
    }

    private void ForgetStream() => (_streamLoss, _streamReturn) = (null, null);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_current is null)
            {
                return;
            }

            _current.Release();
            _current = null;
            Trim(0);
        }

        _start.Release();
    }

    private static Snapshot Restore(StartPoint start, Heads heads, DeltaFile delta)
    {
        using TensorSet set = new(start.Engine.Delta);
        foreach ((string name, FloatTensor tensor) in delta.Tensors)
        {
            set.Set(name, tensor);
        }

        return new Snapshot(start, set, heads, delta.Steps, delta.Invert);
    }

    /// <summary>The present snapshot with a reference that the caller releases.</summary>
    private Snapshot Acquire()
    {
        _model.ThrowIfDisposed();
        lock (_lock)
        {
            ThrowIfDisposed();
            // Cannot fail: the learner's own reference is let go of under this lock only.
            _ = _current!.TryAcquire();
            return _current;
        }
    }

    private T Read<T>(Func<Snapshot, T> read)
    {
        Snapshot snapshot = Acquire();
        try
        {
            return read(snapshot);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>Makes a snapshot the present one; those before it stay for <see cref="Rollback"/>, as many as the options say.</summary>
    private void Publish(Snapshot snapshot)
    {
        lock (_lock)
        {
            ReleaseIfDisposed(snapshot);
            _current!.KeepContexts(false);
            _earlier.Add(_current);
            _current = snapshot;
            Trim(_model.Options.RollbackDepth);
        }
    }

    /// <summary>Forgets the oldest of the earlier snapshots; called under the lock.</summary>
    private void Trim(int most)
    {
        while (_earlier.Count > most)
        {
            _earlier[0].Release();
            _earlier.RemoveAt(0);
        }
    }

    /// <summary>Lets go of what was to become the present one where the learner is disposed, and says so; called under the lock.</summary>
    private void ReleaseIfDisposed(Snapshot next)
    {
        if (_current is null)
        {
            next.Release();
            ThrowIfDisposed();
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_current is null, this);

    private Turns.Turn TakeTurn()
    {
        _model.ThrowIfDisposed();
        return _turns.Take();
    }
}
