namespace Kindling.Train.Session;

/// <summary>A line of <see cref="TrainingLog"/>: what a training was like at a validation.</summary>
/// <param name="Iteration">Finished iterations.</param>
/// <param name="Loss">Mean query loss after adaptation, over the last stretch; NaN where a training diverged.</param>
/// <param name="Validation">Metric on validation tasks before adaptation and after each step.</param>
/// <param name="ResidentMegabytes">Memory of the process.</param>
public sealed record TrainingMetrics(int Iteration, double Loss, IReadOnlyList<double>? Validation, long ResidentMegabytes);
