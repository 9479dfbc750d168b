using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>One parameter.</summary>
public sealed record ManifestParameter
{
    /// <summary>Name in the graphs and in <c>theta.safetensors</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Shape.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>Whether the inner loop changes it.</summary>
    [JsonRequired]
    public bool Adapts { get; init; } = true;
}
