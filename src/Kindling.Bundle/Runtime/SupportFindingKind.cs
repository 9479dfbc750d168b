namespace Kindling.Bundles;

/// <summary>What seems to be wrong with examples.</summary>
public enum SupportFindingKind
{
    /// <summary>Equal inputs with equal labels: they count more than once.</summary>
    Duplicate,

    /// <summary>Equal inputs with different labels: no model can satisfy both.</summary>
    Contradiction,

    /// <summary>Unlike the other examples of its class, or a target far from what the fitted model predicts: possibly mislabelled.</summary>
    Outlier,
}
