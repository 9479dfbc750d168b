using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>Where the weights come from.</summary>
public sealed record ManifestProvenance
{
    /// <summary>Seed of the training.</summary>
    public long Seed { get; init; }

    /// <summary>Outer iterations.</summary>
    public long Iterations { get; init; }

    /// <summary>SHA-256 of the weights' file that the training started from; null if they were freshly drawn.</summary>
    public string? StartedFrom { get; init; }

    /// <summary>Hash of the decoded training data; null for generated tasks.</summary>
    public string? DataHash { get; init; }

    /// <summary>Version of the tool that wrote the bundle.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>Measured metrics, as measured.</summary>
    public JsonElement? Metrics { get; init; }

    /// <summary>Licences of the data.</summary>
    public IReadOnlyList<string> Licences
    {
        get;
        init => field = value ?? [];
    } = [];
}
