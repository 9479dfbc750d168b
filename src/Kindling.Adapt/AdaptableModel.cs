using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// A bundle opened on ONNX Runtime. Thread-safe; one model serves all users, each with a <see cref="Learner"/> of his own. After disposal its
/// learners refuse to work; what they still hold is freed with them, in whatever order.
/// </summary>
public sealed class AdaptableModel : IAdaptableModel
{
    private readonly AdaptOptions _options;
    private readonly SafetensorsFile _theta;
    private readonly string _path;
    private readonly Engine _engine;
    private readonly StartPoint _start;
    private int _disposed;

    private AdaptableModel(BundleFiles files, SafetensorsFile theta, AdaptOptions options)
    {
        _path = files.Path;
        _theta = theta;
        _options = options;
        _engine = Engine.Open(files, theta, options);
        try
        {
            _start = StartPoint.Load(_engine, theta);
        }
        catch
        {
            _engine.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public BundleManifest Manifest => _engine.Manifest;

    /// <summary>Inner steps of one adaptation.</summary>
    public int Steps => _options.Steps ?? Manifest.InnerRule.Steps;

    internal AdaptOptions Options => _options;

    /// <summary>Opens a bundle: checks hashes, loads the meta-initialisation and both graphs.</summary>
    /// <param name="path">The bundle's folder or <c>.kindling</c> file.</param>
    /// <param name="options">How to run; null takes the defaults.</param>
    /// <exception cref="BundleException">No bundle, a damaged one, or graphs that do not fit its manifest.</exception>
    /// <exception cref="MissingRuntimeException">The program has no native ONNX Runtime package.</exception>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    public static AdaptableModel Open(string path, AdaptOptions? options = null)
    {
        options ??= new AdaptOptions();
        IReadOnlyList<string> faults = options.Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The options have {faults.Count} fault(s): {string.Join(" ", faults)}", nameof(options));
        }

        using BundleFiles files = BundleFiles.Open(path);
        SafetensorsFile theta = files.ReadTensors(BundleManifest.ThetaFileName);
        StartPoint.Check(theta, files.Manifest, files.Describe(BundleManifest.ThetaFileName));
        return OrtErrors.Loading(() => new AdaptableModel(files, theta, options));
    }

    /// <inheritdoc cref="IAdaptableModel.CreateLearner"/>
    public Learner CreateLearner()
    {
        ThrowIfDisposed();
        return new Learner(this, _start, Heads.Initial(Manifest));
    }

    /// <summary>A learner that starts elsewhere than at the bundle's meta-initialisation: for baselines and experiments.</summary>
    /// <exception cref="ArgumentException">A parameter that the bundle has not, or of another shape.</exception>
    public Learner CreateLearner(LearnerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        ThrowIfDisposed();
        StartPoint point = StartPoint.Create(_engine, _theta, start);
        try
        {
            return new Learner(this, point, Heads.Initial(Manifest));
        }
        finally
        {
            // The learner has a reference of its own.
            point.Release();
        }
    }

    /// <inheritdoc cref="IAdaptableModel.OpenLearner"/>
    public Learner OpenLearner(string path)
    {
        ThrowIfDisposed();
        DeltaFile delta = DeltaFile.Read(path);
        if (delta.Base != Manifest.BaseIdentity)
        {
            throw new BundleException(
                $"{path}: the delta belongs to another bundle: '{delta.Name}' ({delta.Base[..Math.Min(12, delta.Base.Length)]}), this is '{Manifest.Name}' ({Manifest.BaseIdentity[..12]})."
            );
        }

        Heads heads = DeltaCheck.Heads(Manifest, delta, path);
        DeltaCheck.Tensors(_engine.Delta, delta, path);
        return new Learner(this, _start, heads, delta);
    }

    /// <inheritdoc cref="IAdaptableModel.MigrateLearner"/>
    public Learner MigrateLearner(string path, out DeltaMigration migration)
    {
        ThrowIfDisposed();
        (DeltaFile delta, migration) = DeltaMigrator.Migrate(_engine, _start.Delta, DeltaFile.Read(path), path);
        return new Learner(this, _start, Heads.Of(Manifest, delta.Classes), delta);
    }

    ILearner IAdaptableModel.CreateLearner() => CreateLearner();

    ILearner IAdaptableModel.OpenLearner(string path) => OpenLearner(path);

    ILearner IAdaptableModel.MigrateLearner(string path, out DeltaMigration migration) => MigrateLearner(path, out migration);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _start.Release();
            _engine.Release();
        }
    }

    /// <summary>Opens the bundle's files again, and makes sure that they are still those that were loaded.</summary>
    internal BundleFiles Reopen()
    {
        BundleFiles files = BundleFiles.Open(_path);
        if (files.Manifest.BaseIdentity == Manifest.BaseIdentity)
        {
            return files;
        }

        files.Dispose();
        throw new BundleException($"{_path}: the bundle was replaced by another one since it was opened.");
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
