namespace Kindling.Evaluate;

/// <summary>
/// How well learners that are calibrated on the support set of an episode tell its query examples from inputs of no class at all, means over the episodes.
/// </summary>
public sealed class OutsideReport
{
    /// <summary>Inputs of no class in an episode, as many as query examples.</summary>
    public required int Inputs { get; init; }

    /// <summary>Share of the inputs of no class that are taken for one.</summary>
    public required MetricSeries FalseAccept { get; init; }

    /// <summary>Share of the query examples that are taken for none.</summary>
    public required MetricSeries FalseReject { get; init; }

    /// <summary>Accuracy on the query examples that are taken for one of the classes, over the episodes that have any; null where none has.</summary>
    public required MetricSeries? AccuracyWhereConfident { get; init; }

    /// <summary>
    /// Probability that a query example has a higher confidence than an input of no class (area under the receiver operating characteristic), whatever the
    /// threshold.
    /// </summary>
    public required MetricSeries Auroc { get; init; }
}
