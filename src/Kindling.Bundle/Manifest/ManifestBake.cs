namespace Kindling.Bundles;

/// <summary>Where the self-contained model keeps each parameter, statistic and the mask.</summary>
public sealed record ManifestBake
{
    /// <summary>File name in the bundle: <c>model.onnx</c>.</summary>
    public required string File { get; init; }

    /// <summary>Place of each tensor's bytes (float32, little-endian, row-major) by name.</summary>
    public required IReadOnlyDictionary<string, ManifestBytes> Tensors { get; init; }
}
