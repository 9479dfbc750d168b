namespace Kindling.Bundles;

/// <summary>The head.</summary>
public sealed record ManifestOutput
{
    /// <summary>Head slots (classification) or outputs (regression).</summary>
    public required int Count { get; init; }

    /// <summary>Names of the outputs; in classification a fixed label space. Null: the support set names the classes.</summary>
    public IReadOnlyList<string>? Names { get; init; }
}
