namespace Kindling.Bundles;

/// <summary>The two graphs of a bundle.</summary>
public sealed record ManifestGraphs
{
    /// <summary>Prediction.</summary>
    public required ManifestGraph Infer { get; init; }

    /// <summary>One inner step.</summary>
    public required ManifestGraph Adapt { get; init; }
}
