namespace Kindling.Bundles;

/// <summary>Only the version: read first, because a newer format may differ in everything else.</summary>
internal sealed record ManifestVersion
{
    public int? FormatVersion { get; init; }
}
