namespace Kindling.Bundles;

/// <summary>What adaptation leaves of the support set for predictions: a statistic of the normalisation (mean or variance per channel), or class prototypes.</summary>
public sealed record ManifestStatistic
{
    /// <summary>Name in the graphs and in <c>theta.safetensors</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it needs labels, so that no batch of new inputs has one of its own.</summary>
    public bool FromLabels { get; init; }

    /// <summary>Shape.</summary>
    public required IReadOnlyList<int> Shape { get; init; }
}
