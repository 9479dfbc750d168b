namespace Kindling.Train.Session;

/// <summary>One line about a running training.</summary>
/// <param name="Iteration">Finished iterations.</param>
/// <param name="Iterations">All iterations.</param>
/// <param name="TasksPerSecond">Rate over the last stretch, without validation.</param>
/// <param name="Remaining">Time left at that rate, with the validations to come.</param>
/// <param name="Loss">Mean query loss after adaptation, over the last stretch.</param>
/// <param name="Validation">Metric on validation tasks before adaptation and after each step, if this line reports one.</param>
public sealed record TrainingProgress(
    int Iteration,
    int Iterations,
    double TasksPerSecond,
    TimeSpan Remaining,
    double Loss,
    IReadOnlyList<double>? Validation
)
{
    /// <summary>What is being trained: meta-training or the joint baseline.</summary>
    public string Stage { get; init; } = "";

    /// <summary>Whether training stops here, before its last iteration, since validations are no better any more.</summary>
    public bool HasConverged { get; init; }
}
