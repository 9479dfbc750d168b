namespace Kindling.Adapt;

/// <summary>How a model runs. The defaults suit an app with many users on one machine.</summary>
public sealed class AdaptOptions
{
    /// <summary>Default of <see cref="Threads"/>.</summary>
    public const int DefaultThreads = 1;

    /// <summary>Most inner steps of one adaptation.</summary>
    public const int MaximumSteps = 1_000_000;

    /// <summary>
    /// Threads within one run: 1 by default, so that runs of several learners side by side do not compete; 0 lets ONNX Runtime choose.
    /// </summary>
    public int Threads { get; init; } = DefaultThreads;

    /// <summary>What to compute on: the processor by default. There is no silent change to another one.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Inner steps of one adaptation; null (the default) takes the bundle's.</summary>
    public int? Steps { get; init; }

    /// <summary>Whether an adaptation counts only when it lowered the loss of the support set; true by default.</summary>
    public bool RequireImprovement { get; init; } = true;

    /// <summary>The clock that reports are timed with.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

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

        if (Steps is < 1 or > MaximumSteps)
        {
            faults.Add($"Steps: expected null or 1 to {MaximumSteps}, got {Steps}.");
        }

        if (TimeProvider is null)
        {
            faults.Add("TimeProvider: must not be null.");
        }

        return faults;
    }
}
