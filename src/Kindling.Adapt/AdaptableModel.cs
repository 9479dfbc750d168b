using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// A bundle opened on ONNX Runtime. Thread-safe; one model serves all users, each with a <see cref="Learner"/> of his own. After disposal its
/// learners refuse to work; what they still hold is freed with them, in whatever order.
/// </summary>
public sealed class AdaptableModel : IAdaptableModel
{
    private readonly AdaptOptions _options;
    private readonly Dictionary<string, FloatTensor> _rates;
    private readonly string _path;
    private readonly Engine _engine;
    private readonly StartPoint _start;
    private int _disposed;

    private AdaptableModel(BundleFiles files, SafetensorsFile theta, AdaptOptions options)
    {
        _path = files.Path;

        // Of theta the sets below have copies; nothing keeps it.
        string[] rates =
        [
            .. files.Manifest.Parameters.Where(parameter => parameter.Adapts).Select(parameter => GraphSignature.Rate(parameter.Name)),
        ];
        _rates = theta.Tensors.Where(tensor => rates.Contains(tensor.Key)).ToDictionary(StringComparer.Ordinal);
        _options = options;
        (Provider, ProviderReason) = ExecutionProviders.Choose(options.Provider, options.Device);
        _engine = Engine.Open(files, theta, options, Provider);
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

    /// <summary>What this model computes on: never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider { get; }

    /// <summary>Why it computes on that, for logs.</summary>
    public string ProviderReason { get; }

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
        ThetaCheck.Check(theta, files.Manifest, files.Describe(BundleManifest.ThetaFileName));
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
        StartPoint point = _start.With(start, _rates);
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
        (DeltaFile delta, Heads heads) = DeltaCheck.Read(Manifest, _engine.Delta, path);
        return new Learner(this, _start, heads, delta);
    }

    /// <inheritdoc cref="IAdaptableModel.MigrateLearner"/>
    public Learner MigrateLearner(string path, out DeltaMigration migration)
    {
        ThrowIfDisposed();
        (DeltaFile delta, migration) = DeltaMigrator.Migrate(Manifest, _engine.Delta, _start.Delta.ToDictionary(), path);
        return new Learner(this, _start, Heads.Of(Manifest, delta.Classes), delta);
    }

    /// <summary>
    /// Adapts many learners, on the thread pool: as batched runs where that is faster (dense networks; plain requests with as many examples and steps as
    /// others), else several at a time. Each result is that of <see cref="Learner.Adapt(AdaptRequest, IProgress{AdaptProgress}?, CancellationToken)"/>,
    /// batched ones to rounding.
    /// </summary>
    /// <param name="adaptations">Learners of this model, each once, and what each is to do.</param>
    /// <param name="cancellationToken">Stops at once; adaptations that had finished by then count, the other learners are as they were.</param>
    /// <returns>A report for each, in the same order. The time of a batched one is that of its batch.</returns>
    /// <exception cref="ArgumentException">A request does not fit, or a learner is another model's or comes twice; nothing was adapted.</exception>
    /// <exception cref="InvalidOperationException">Another adaptation of one of the learners is running; nothing was adapted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<AdaptReport[]> AdaptManyAsync(
        IReadOnlyList<(Learner Learner, AdaptRequest Request)> adaptations,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(adaptations);
        ThrowIfDisposed();
        return Task.Run(() => ManyAdaptations.Run(this, adaptations, cancellationToken), cancellationToken);
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

    /// <summary>The graph of many users; null where the bundle has none.</summary>
    internal InferenceSession? ManySession() => _engine.AdaptMany(Reopen);

    /// <summary>Makes sure that gradients can be summed over parts of a support set.</summary>
    /// <exception cref="ArgumentException">They cannot, and why.</exception>
    internal void OpenAccumulation()
    {
        if (Manifest.AccumulationFault() is { } fault)
        {
            throw new ArgumentException($"MicroBatch: the examples of '{Manifest.Name}' cannot be computed apart: {fault}.");
        }

        _engine.OpenAccumulation(Reopen);
    }

    /// <summary>Opens the bundle's files again, and makes sure that they are still those that were loaded.</summary>
    internal BundleFiles Reopen() => BundleFiles.Reopen(_path, Manifest);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
