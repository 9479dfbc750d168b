namespace Kindling.Cli.Training;

/// <summary>A curve drawn with block characters, eight levels a line.</summary>
internal static class BlockCurve
{
    private const string Blocks = " ▁▂▃▄▅▆▇█";
    private const int Levels = 8;

    /// <summary>Draws values from the lowest, which has one level, to the highest, which fills the height; values that are not finite are gaps.</summary>
    /// <param name="values">The values; more than fit are drawn as means of neighbours.</param>
    /// <param name="width">The most characters of a line.</param>
    /// <param name="height">Lines.</param>
    /// <returns>The lines, from above.</returns>
    public static IReadOnlyList<string> Draw(IReadOnlyList<double> values, int width, int height)
    {
        int columns = Math.Min(width, values.Count);
        double[] means =
        [
            .. Enumerable
                .Range(0, columns)
                .Select(c =>
                {
                    int from = (int)((long)c * values.Count / columns);
                    int to = (int)((long)(c + 1) * values.Count / columns);
                    return Enumerable.Range(from, to - from).Average(i => values[i]);
                }),
        ];
        double[] finite = [.. means.Where(double.IsFinite)];
        double low = finite.DefaultIfEmpty(0).Min();
        double range = finite.DefaultIfEmpty(0).Max() - low;
        int[] levels =
        [
            .. means.Select(m =>
                !double.IsFinite(m) ? 0
                : range == 0 ? 1
                : 1 + (int)Math.Round((m - low) / range * ((Levels * height) - 1))
            ),
        ];
        return
        [
            .. Enumerable
                .Range(1, height)
                .Select(line => string.Concat(levels.Select(l => Blocks[Math.Clamp(l - (Levels * (height - line)), 0, Levels)]))),
        ];
    }
}
