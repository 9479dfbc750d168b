using System.Globalization;
using System.Xml.Linq;
using Kindling.Bundles;
using SkiaSharp;

namespace Kindling.Evaluate.Reports;

/// <summary>An input as people look at it: a picture, or a line for each channel.</summary>
/// <param name="preprocessing">Says whether inputs are pictures.</param>
internal sealed class ItemPicture(Preprocessing preprocessing)
{
    private const int Width = 120;
    private const int Height = 60;

    /// <summary>Draws one input of a batch.</summary>
    /// <param name="batch">Pictures <c>[n, channels, height, width]</c> from 0 to 1; or <c>[n, channels, ...]</c>, <c>[n, columns]</c>.</param>
    /// <param name="index">Which.</param>
    /// <param name="alternative">What it shows, in words.</param>
    public XElement Draw(FloatTensor batch, int index, string alternative)
    {
        int count = batch.Count / batch.Shape[0];
        ReadOnlySpan<float> values = batch.Values.AsSpan(index * count, count);
        return preprocessing.Image is null
            ? Lines(values, batch.Rank > 2 ? batch.Shape[1] : 1, Range(batch.Values), alternative)
            : Html.Image(Pixels(values, batch.Shape[1], batch.Shape[2], batch.Shape[3]), alternative, "item");
    }

    private static byte[] Pixels(ReadOnlySpan<float> planes, int channels, int height, int width)
    {
        using SKBitmap bitmap = new(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        int size = width * height;
        for (int i = 0; i < size; i++)
        {
            byte Level(int channel, ReadOnlySpan<float> from) =>
                (byte)Math.Round(255 * Math.Clamp(from[(Math.Min(channel, channels - 1) * size) + i], 0, 1));
            bitmap.SetPixel(i % width, i / width, new SKColor(Level(0, planes), Level(1, planes), Level(2, planes)));
        }

        using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    // All inputs of a set share one scale, so that they can be compared.
    private static XElement Lines(ReadOnlySpan<float> values, int channels, (float Low, float High) range, string alternative)
    {
        int length = values.Length / channels;
        XElement svg = Html.Element(
            "svg",
            Html.Attribute("class", "lines"),
            Html.Attribute("role", "img"),
            Html.Attribute("aria-label", alternative),
            Html.Attribute("viewBox", $"0 0 {Width} {Height}"),
            Html.Attribute("width", $"{Width}"),
            Html.Attribute("height", $"{Height}")
        );
        for (int c = 0; c < channels; c++)
        {
            List<string> points = [];
            for (int i = 0; i < length; i++)
            {
                double x = length == 1 ? Width / 2 : (double)i * Width / (length - 1);
                double y = Height * (1 - ((values[(c * length) + i] - range.Low) / (range.High - range.Low)));
                points.Add(string.Create(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#}"));
            }

            svg.Add(
                Html.Element(
                    "polyline",
                    Html.Attribute("class", $"channel{c % Plots.PlotStyle.Colors.Count}"),
                    Html.Attribute("points", string.Join(' ', points))
                )
            );
        }

        return svg;
    }

    private static (float Low, float High) Range(float[] values)
    {
        (float low, float high) = (values.Min(), values.Max());
        return high > low ? (low, high) : (low - 1, high + 1);
    }
}
