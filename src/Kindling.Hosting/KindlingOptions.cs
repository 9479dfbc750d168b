using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Hosting;

/// <summary>A model of an app: which bundle, and how it runs. For configuration; the defaults are those of <see cref="AdaptOptions"/>.</summary>
public sealed class KindlingOptions
{
    /// <summary>The bundle's folder or <c>.kindling</c> file.</summary>
    public string? Bundle { get; set; }

    /// <inheritdoc cref="AdaptOptions.Threads"/>
    public int Threads { get; set; } = AdaptOptions.DefaultThreads;

    /// <inheritdoc cref="AdaptOptions.Provider"/>
    public ExecutionProvider Provider { get; set; } = ExecutionProvider.Cpu;

    /// <inheritdoc cref="AdaptOptions.Device"/>
    public int Device { get; set; }

    /// <inheritdoc cref="AdaptOptions.Steps"/>
    public int? Steps { get; set; }

    /// <inheritdoc cref="AdaptOptions.RequireImprovement"/>
    public bool RequireImprovement { get; set; } = true;

    /// <inheritdoc cref="AdaptOptions.RollbackDepth"/>
    public int RollbackDepth { get; set; } = AdaptOptions.DefaultRollbackDepth;

    /// <inheritdoc cref="AdaptOptions.SavedGenerations"/>
    public int SavedGenerations { get; set; }

    /// <summary>All faults at once; empty when the options are valid. A bundle must be there; what is in it is checked when the model opens.</summary>
    public IReadOnlyList<string> Validate()
    {
        IReadOnlyList<string> faults = ToAdaptOptions(TimeProvider.System, adapted: null).Validate();
        return string.IsNullOrEmpty(Bundle) ? ["Bundle: expected the path of a bundle, got none.", .. faults]
            : Directory.Exists(Bundle) || File.Exists(Bundle) ? faults
            : [$"Bundle: nothing is at {Bundle}.", .. faults];
    }

    internal AdaptOptions ToAdaptOptions(TimeProvider time, Action<AdaptReport>? adapted) =>
        new()
        {
            Threads = Threads,
            Provider = Provider,
            Device = Device,
            Steps = Steps,
            RequireImprovement = RequireImprovement,
            RollbackDepth = RollbackDepth,
            SavedGenerations = SavedGenerations,
            TimeProvider = time,
            Adapted = adapted,
        };
}
