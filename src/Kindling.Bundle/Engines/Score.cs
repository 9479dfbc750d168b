namespace Kindling.Bundles;

/// <summary>How a point of an adaptation does on the validation set.</summary>
internal readonly record struct Score(AdaptMetric By, float Metric, float Loss)
{
    /// <summary>Whether the metric itself is better; a loss of NaN is the worst.</summary>
    internal bool HasBetterMetricThan(Score other) =>
        By == AdaptMetric.Accuracy ? Metric > other.Metric : Metric < other.Metric || (!float.IsNaN(Metric) && float.IsNaN(other.Metric));

    /// <summary>Whether the metric is better or, at the same metric, the loss: a handful of examples gives few different accuracies.</summary>
    internal bool IsBetterThan(Score other) => HasBetterMetricThan(other) || (Metric == other.Metric && Loss < other.Loss);
}
