namespace Kindling.Tasks.Families;

/// <summary>
/// An affine map of the plane about a picture's centre: where the pixel at (x, y) of the result comes from, (x', y') = M (x, y) + d, in pixels.
/// </summary>
internal readonly record struct Warp(float XX, float XY, float YX, float YY, float X, float Y)
{
    /// <summary>Changes nothing.</summary>
    public static Warp Identity { get; } = new(1, 0, 0, 1, 0, 0);

    /// <summary>A map with M = 1 + U, U uniform in +-amount (turns, stretches and shears), and d uniform in +-shift.</summary>
    public static Warp Draw(SeededRandom random, double amount, double shift)
    {
        float a = (float)amount;
        float s = (float)shift;
        return new(
            1 + random.NextSingle(-a, a),
            random.NextSingle(-a, a),
            random.NextSingle(-a, a),
            1 + random.NextSingle(-a, a),
            random.NextSingle(-s, s),
            random.NextSingle(-s, s)
        );
    }

    /// <summary>This map after another: a pixel goes through <paramref name="first"/>, then through this one.</summary>
    public Warp After(Warp first) =>
        new(
            (XX * first.XX) + (XY * first.YX),
            (XX * first.XY) + (XY * first.YY),
            (YX * first.XX) + (YY * first.YX),
            (YX * first.XY) + (YY * first.YY),
            (XX * first.X) + (XY * first.Y) + X,
            (YX * first.X) + (YY * first.Y) + Y
        );

    /// <summary>Writes the warped picture: between pixels bilinear, beyond the border the border's pixel.</summary>
    public void Apply(ReadOnlySpan<float> source, int height, int width, Span<float> destination)
    {
        int area = height * width;
        float cx = (width - 1) / 2f;
        float cy = (height - 1) / 2f;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                float fromX = Math.Clamp((XX * (x - cx)) + (XY * (y - cy)) + X + cx, 0, width - 1);
                float fromY = Math.Clamp((YX * (x - cx)) + (YY * (y - cy)) + Y + cy, 0, height - 1);
                int x0 = Math.Min((int)fromX, width - 2);
                int y0 = Math.Min((int)fromY, height - 2);
                float dx = fromX - x0;
                float dy = fromY - y0;
                int at = (y0 * width) + x0;
                for (int plane = 0; plane < source.Length; plane += area)
                {
                    ReadOnlySpan<float> p = source[plane..];
                    float top = p[at] + (dx * (p[at + 1] - p[at]));
                    float bottom = p[at + width] + (dx * (p[at + width + 1] - p[at + width]));
                    destination[plane + (y * width) + x] = top + (dy * (bottom - top));
                }
            }
        }
    }
}
