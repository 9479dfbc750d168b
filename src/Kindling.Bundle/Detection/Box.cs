using System.Globalization;

namespace Kindling.Bundles;

/// <summary>A rectangle in a picture, in pixels from its top left corner; a pixel's own left edge is its column.</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Bottom">Lower edge.</param>
public readonly record struct Box(float Left, float Top, float Right, float Bottom)
{
    /// <summary>Width; not positive where the box is empty.</summary>
    public float Width => Right - Left;

    /// <summary>Height; not positive where the box is empty.</summary>
    public float Height => Bottom - Top;

    /// <summary>Area; 0 where the box is empty.</summary>
    public float Area => Math.Max(0, Width) * Math.Max(0, Height);

    /// <summary>The area that two boxes share divided by the area that they cover together, 0 to 1; 0 where both are empty.</summary>
    public float IntersectionOverUnion(Box other)
    {
        float shared = new Box(
            Math.Max(Left, other.Left),
            Math.Max(Top, other.Top),
            Math.Min(Right, other.Right),
            Math.Min(Bottom, other.Bottom)
        ).Area;
        float covered = Area + other.Area - shared;
        return covered > 0 ? shared / covered : 0;
    }

    /// <summary>The box moved to a picture scaled by <paramref name="scale"/> and then shifted.</summary>
    internal Box Map(double scale, double shiftX, double shiftY) =>
        new(
            (float)((Left * scale) + shiftX),
            (float)((Top * scale) + shiftY),
            (float)((Right * scale) + shiftX),
            (float)((Bottom * scale) + shiftY)
        );

    /// <summary>What of the box lies within a picture.</summary>
    internal Box Within(float width, float height) =>
        new(Math.Clamp(Left, 0, width), Math.Clamp(Top, 0, height), Math.Clamp(Right, 0, width), Math.Clamp(Bottom, 0, height));

    /// <summary>The four edges: left, top, right, bottom.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Left:0.#}, {Top:0.#}, {Right:0.#}, {Bottom:0.#}]");
}
