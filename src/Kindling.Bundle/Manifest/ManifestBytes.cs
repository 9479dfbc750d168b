namespace Kindling.Bundles;

/// <summary>A range of bytes of a file.</summary>
public sealed record ManifestBytes
{
    /// <summary>First byte.</summary>
    public required long Offset { get; init; }

    /// <summary>Number of bytes.</summary>
    public required long Bytes { get; init; }
}
