using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>How a model runs on ONNX Runtime Training. The defaults suit an app with many users on one machine.</summary>
public sealed class OrtTrainingOptions
{
    /// <summary>Default of <see cref="Threads"/>.</summary>
    public const int DefaultThreads = 1;

    /// <summary>Most of <see cref="Threads"/>.</summary>
    public const int MaximumThreads = 1024;

    /// <summary>Default of <see cref="RollbackDepth"/>.</summary>
    public const int DefaultRollbackDepth = 1;

    /// <summary>Most of <see cref="RollbackDepth"/>.</summary>
    public const int MaximumRollbackDepth = 1000;

    /// <summary>Threads within one run: 1 by default; 0 lets ONNX Runtime choose.</summary>
    public int Threads { get; init; } = DefaultThreads;

    /// <summary>
    /// Whether an adaptation counts only when it improved what judges it: the loss of the support set or, where the request has a validation set, the
    /// request's metric there. True by default.
    /// </summary>
    public bool RequireImprovement { get; init; } = true;

    /// <summary>Earlier states that a learner keeps in memory for <see cref="OrtTrainingLearner.Rollback"/>, each of a delta's size: 1 by default.</summary>
    public int RollbackDepth { get; init; } = DefaultRollbackDepth;

    /// <summary>
    /// Earlier generations that <see cref="OrtTrainingLearner.Save"/> keeps beside a delta file, as <c>PATH.NUMBER</c>: none by default.
    /// <see cref="DeltaFile.Generations"/> lists them.
    /// </summary>
    public int SavedGenerations { get; init; }

    /// <summary>The clock that time budgets and reports are measured with.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>All faults at once; empty when the options are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        Check(faults, nameof(Threads), Threads, MaximumThreads);
        Check(faults, nameof(RollbackDepth), RollbackDepth, MaximumRollbackDepth);
        Check(faults, nameof(SavedGenerations), SavedGenerations, DeltaFile.MaximumGenerations);
        if (TimeProvider is null)
        {
            faults.Add("TimeProvider: must not be null.");
        }

        return faults;
    }

    private static void Check(List<string> faults, string name, int value, int most)
    {
        if (value < 0 || value > most)
        {
            faults.Add($"{name}: expected 0 to {most}, got {value}.");
        }
    }
}
