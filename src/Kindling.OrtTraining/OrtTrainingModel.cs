using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>
/// A bundle opened on ONNX Runtime's on-device training. Thread-safe; one model serves all users, each with an <see cref="OrtTrainingLearner"/> of his
/// own. Predictions of all learners take turns on one session; every adaptation has a session of its own. After disposal its learners refuse to work.
/// </summary>
/// <remarks>
/// Written against what the managed API has both in 1.19.2 and today, and tested with another engine behind it. It has not been run against the native package
/// <c>Microsoft.ML.OnnxRuntime.Training</c>; the bundle's artifacts have, in that version's WebAssembly build.
/// </remarks>
public sealed class OrtTrainingModel : IAdaptableModel
{
    private readonly string _path;
    private readonly Func<ITrainingEngine> _open;
    private readonly Evaluator _evaluator;
    private int _disposed;

    private OrtTrainingModel(BundleFiles files, OrtTrainingOptions options, Func<ITrainingEngine> open)
    {
        _path = files.Path;
        _open = open;
        Manifest = files.Manifest;
        Options = options;
        Rates = files.Manifest.TrainingRates!;
        Delta = TensorLayout.OfDelta(Manifest);
        SafetensorsFile theta = files.ReadTensors(BundleManifest.ThetaFileName);
        ThetaCheck.Check(theta, Manifest, files.Describe(BundleManifest.ThetaFileName));
        Start = new LearnerState
        {
            Tensors = Delta.Entries.ToDictionary(entry => entry.Name, entry => theta.Tensors[entry.Name], StringComparer.Ordinal),
            Heads = Heads.Initial(Manifest),
        };
        _evaluator = new Evaluator(open());
    }

    /// <inheritdoc/>
    public BundleManifest Manifest { get; }

    internal OrtTrainingOptions Options { get; }

    /// <summary>The learning rate of each step; the last one goes on.</summary>
    internal IReadOnlyList<float> Rates { get; }

    /// <summary>What a learner holds of its own.</summary>
    internal TensorLayout Delta { get; }

    /// <summary>The meta-initialisation.</summary>
    internal LearnerState Start { get; }

    /// <summary>Opens a bundle: checks hashes and loads the artifacts of its folder <c>training/</c>.</summary>
    /// <param name="path">The bundle's folder or <c>.kindling</c> file.</param>
    /// <param name="options">How to run; null takes the defaults.</param>
    /// <exception cref="BundleException">
    /// No bundle, a damaged one, one without artifacts for ONNX Runtime Training (the message says why, and what to do), or artifacts that do not fit its manifest.
    /// </exception>
    /// <exception cref="MissingRuntimeException">The program's native ONNX Runtime cannot train, or there is none; the message names the package.</exception>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    public static OrtTrainingModel Open(string path, OrtTrainingOptions? options = null)
    {
        options ??= new OrtTrainingOptions();
        return Open(path, options, (artifacts, manifest) => SessionEngine.Open(artifacts, manifest, options.Threads));
    }

    /// <summary>Opens a bundle on another engine.</summary>
    internal static OrtTrainingModel Open(string path, OrtTrainingOptions options, Func<Artifacts, BundleManifest, ITrainingEngine> engine)
    {
        IReadOnlyList<string> faults = options.Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The options have {faults.Count} fault(s): {string.Join(" ", faults)}", nameof(options));
        }

        using BundleFiles files = BundleFiles.Open(path);
        Artifacts artifacts = Artifacts.Read(files);
        return new OrtTrainingModel(files, options, () => engine(artifacts, files.Manifest));
    }

    /// <inheritdoc cref="IAdaptableModel.CreateLearner"/>
    public OrtTrainingLearner CreateLearner()
    {
        ThrowIfDisposed();
        return new OrtTrainingLearner(this, Start);
    }

    /// <inheritdoc cref="IAdaptableModel.OpenLearner"/>
    public OrtTrainingLearner OpenLearner(string path)
    {
        ThrowIfDisposed();
        (DeltaFile delta, Heads heads) = DeltaCheck.Read(Manifest, Delta, path);
        return new OrtTrainingLearner(this, LearnerState.Of(delta, heads));
    }

    /// <inheritdoc cref="IAdaptableModel.MigrateLearner"/>
    public OrtTrainingLearner MigrateLearner(string path, out DeltaMigration migration)
    {
        ThrowIfDisposed();
        (DeltaFile delta, migration) = DeltaMigrator.Migrate(Manifest, Delta, Start.Tensors, path);
        return new OrtTrainingLearner(this, LearnerState.Of(delta, Heads.Of(Manifest, delta.Classes)));
    }

    ILearner IAdaptableModel.CreateLearner() => CreateLearner();

    ILearner IAdaptableModel.OpenLearner(string path) => OpenLearner(path);

    ILearner IAdaptableModel.MigrateLearner(string path, out DeltaMigration migration) => MigrateLearner(path, out migration);

    /// <summary>Frees the model's session; waits for a running prediction.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _evaluator.Dispose();
        }
    }

    /// <summary>A session with a fresh optimiser, whose parameters are the checkpoint's; the caller's to dispose of.</summary>
    internal ITrainingEngine OpenEngine() => _open();

    /// <summary>Raw outputs <c>[n, slots]</c> of checked inputs <c>[n, ...]</c> at a learner's parameters.</summary>
    internal FloatTensor Outputs(LearnerState state, FloatTensor inputs)
    {
        ThrowIfDisposed();
        return _evaluator.Outputs(state, inputs);
    }

    /// <summary>Opens the bundle's files again, and makes sure that they are still those that were loaded.</summary>
    internal BundleFiles Reopen() => BundleFiles.Reopen(_path, Manifest);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
