namespace Kindling.Bundles;

/// <summary>One statistic of the normalisation (mean or variance per channel).</summary>
public sealed record ManifestStatistic
{
    /// <summary>Name in the graphs and in <c>theta.safetensors</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Shape.</summary>
    public required IReadOnlyList<int> Shape { get; init; }
}
