using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>How a model runs. The defaults suit an app with many users on one machine.</summary>
public sealed class AdaptOptions
{
    /// <summary>Default of <see cref="Threads"/>.</summary>
    public const int DefaultThreads = 1;

    /// <summary>Most inner steps of one adaptation.</summary>
    public const int MaximumSteps = AdaptRequest.MaximumSteps;

    /// <summary>Default of <see cref="RollbackDepth"/>.</summary>
    public const int DefaultRollbackDepth = 1;

    /// <summary>Most of <see cref="RollbackDepth"/>.</summary>
    public const int MaximumRollbackDepth = 1000;

    /// <summary>
    /// Threads within one run: 1 by default, so that runs of several learners side by side do not compete; 0 lets ONNX Runtime choose.
    /// </summary>
    public int Threads { get; init; } = DefaultThreads;

    /// <summary>
    /// What to compute on: the processor by default. There is no silent change to another one; what <see cref="ExecutionProvider.Auto"/> chose,
    /// <see cref="AdaptableModel.ProviderReason"/> says.
    /// </summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Number of the GPU, where <see cref="Provider"/> is one that can be numbered; 0 by default.</summary>
    public int Device { get; init; }

    /// <summary>Inner steps of one adaptation; null (the default) takes the bundle's.</summary>
    public int? Steps { get; init; }

    /// <summary>
    /// Whether an adaptation counts only when it improved what judges it: the loss of the support set or, where the request has a validation set, the
    /// request's metric there. True by default.
    /// </summary>
    public bool RequireImprovement { get; init; } = true;

    /// <summary>Earlier states that a learner keeps in memory for <see cref="Learner.Rollback"/>, each of a delta's size: 1 by default.</summary>
    public int RollbackDepth { get; init; } = DefaultRollbackDepth;

    /// <summary>
    /// Earlier generations that <see cref="Learner.Save"/> keeps beside a delta file, as <c>PATH.NUMBER</c>: none by default. Each can be opened like the
    /// file itself; <see cref="DeltaFile.Generations"/> lists them.
    /// </summary>
    public int SavedGenerations { get; init; }

    /// <summary>
    /// Told of every adaptation that came to an end, accepted or not, on the thread that adapted: for logs. What it throws reaches the caller of the
    /// adaptation. Null by default; <see cref="AdaptTelemetry"/> feeds monitoring without it.
    /// </summary>
    public Action<AdaptReport>? Adapted { get; init; }

    /// <summary>The clock that reports are timed with.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Buffers in this memory of ONNX Runtime's instead of the provider's: lets a machine without a GPU run the code for one.</summary>
    internal string? BufferMemory { get; init; }

    /// <summary>All faults at once; empty when the options are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Threads is < 0 or > 1024)
        {
            faults.Add($"Threads: expected 0 (ONNX Runtime chooses) to 1024, got {Threads}.");
        }

        if (!Enum.IsDefined(Provider))
        {
            faults.Add($"Provider: expected one of {string.Join(", ", Enum.GetNames<ExecutionProvider>())}; got {Provider}.");
        }

        if (Device < 0)
        {
            faults.Add($"Device: expected 0 or more, got {Device}.");
        }

        if (Steps is < 1 or > MaximumSteps)
        {
            faults.Add($"Steps: expected null or 1 to {MaximumSteps}, got {Steps}.");
        }

        if (RollbackDepth is < 0 or > MaximumRollbackDepth)
        {
            faults.Add($"RollbackDepth: expected 0 to {MaximumRollbackDepth}, got {RollbackDepth}.");
        }

        if (SavedGenerations is < 0 or > DeltaFile.MaximumGenerations)
        {
            faults.Add($"SavedGenerations: expected 0 to {DeltaFile.MaximumGenerations}, got {SavedGenerations}.");
        }

        if (TimeProvider is null)
        {
            faults.Add("TimeProvider: must not be null.");
        }

        return faults;
    }
}
