namespace Kindling.Bundles;

/// <summary>What judges an adaptation on a validation set.</summary>
public enum AdaptMetric
{
    /// <summary>Mean cross-entropy or mean squared error, each input predicted by itself: lower is better.</summary>
    Loss,

    /// <summary>Share of right labels, each input predicted by itself: higher is better. Classification only.</summary>
    Accuracy,
}
