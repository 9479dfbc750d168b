namespace Kindling.Bundles;

/// <summary>
/// Memory that a run of a graph takes beside its inputs and outputs, at most: what its nodes hold at one time, in the order of the file. What ONNX Runtime
/// adds (alignment, room for growth) is not in it.
/// </summary>
public sealed record ManifestMemory
{
    /// <summary>Bytes whatever the batch.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes for each example of the batch.</summary>
    public required long BytesPerExample { get; init; }

    /// <summary>Bytes of its outputs for each example, where they are kept until an adaptation ends.</summary>
    public long KeptBytesPerExample { get; init; }
}
