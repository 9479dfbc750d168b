namespace Kindling.Bundles;

/// <summary>The cells that a detector divides a picture into, see <see cref="DetectionGrid"/>.</summary>
public sealed record ManifestGrid
{
    /// <summary>Cells one below the other.</summary>
    public required int Rows { get; init; }

    /// <summary>Cells side by side.</summary>
    public required int Columns { get; init; }
}
