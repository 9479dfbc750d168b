using System.Globalization;
using Kindling.Bundles;
using SkiaSharp;

namespace Kindling.Evaluate.Plots;

/// <summary>A picture with the boxes of objects, each class in a colour of its own.</summary>
public static class DetectionPicture
{
    private const int LeastSide = 480;

    // Okabe and Ito 2008: told apart by the colour-blind too
    private static readonly SKColor[] Colours =
    [
        new(0xD5, 0x5E, 0x00),
        new(0x00, 0x72, 0xB2),
        new(0x00, 0x9E, 0x73),
        new(0xCC, 0x79, 0xA7),
        new(0xE6, 0x9F, 0x00),
        new(0x56, 0xB4, 0xE9),
        new(0x00, 0x00, 0x00),
    ];

    /// <summary>Draws boxes with label and score. Small pictures are enlarged.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="found">Objects in its pixels.</param>
    /// <returns>A PNG file.</returns>
    public static byte[] Draw(ImageInput image, IReadOnlyList<Detection> found)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(found);
        int scale = Math.Max(1, (int)Math.Ceiling(LeastSide / (double)Math.Min(image.Width, image.Height)));
        using SKSurface surface = SKSurface.Create(new SKImageInfo(image.Width * scale, image.Height * scale));
        string[] classes = [.. found.Select(d => d.Label).Distinct().Order(StringComparer.Ordinal)];
        Draw(surface.Canvas, image, found, classes, scale);
        using SKImage drawn = surface.Snapshot();
        using SKData png = drawn.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Draws a picture at the origin of a canvas.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="image">The picture.</param>
    /// <param name="found">Objects in its pixels.</param>
    /// <param name="classes">All classes, which gives each its colour.</param>
    /// <param name="scale">How much larger it becomes.</param>
    /// <param name="known">What there is, as white boxes; null for nothing.</param>
    internal static void Draw(
        SKCanvas canvas,
        ImageInput image,
        IReadOnlyList<Detection> found,
        string[] classes,
        float scale,
        IReadOnlyList<Box>? known = null
    )
    {
        using SKBitmap bitmap = Bitmap(image);
        using SKImage content = SKImage.FromBitmap(bitmap);
        canvas.DrawImage(content, new SKRect(0, 0, image.Width * scale, image.Height * scale), new SKSamplingOptions(SKFilterMode.Nearest));
        using SKPaint thin = new()
        {
            Color = SKColors.White,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = 1,
        };
        foreach (Box box in known ?? [])
        {
            canvas.DrawRect(Rectangle(box, scale), thin);
        }

        using SKTypeface face = PlotStyle.Typeface();
        using SKFont font = new(face, 13);
        foreach (Detection detection in found.Reverse())
        {
            SKColor colour = Colours[Math.Max(0, Array.IndexOf(classes, detection.Label)) % Colours.Length];
            Write(canvas, font, detection, colour, Rectangle(detection.Box, scale));
        }
    }

    private static void Write(SKCanvas canvas, SKFont font, Detection detection, SKColor colour, SKRect box)
    {
        using SKPaint line = new()
        {
            Color = colour,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = 2,
        };
        canvas.DrawRect(box, line);
        string text = string.Create(CultureInfo.InvariantCulture, $"{detection.Label} {detection.Score:0.00}");
        float width = font.MeasureText(text) + 4;
        float top = box.Top >= 16 ? box.Top - 16 : box.Top;
        using SKPaint ground = new() { Color = colour.WithAlpha(0xD0) };
        canvas.DrawRect(box.Left, top, width, 16, ground);
        using SKPaint ink = new() { Color = SKColors.White, IsAntialias = true };
        canvas.DrawText(text, box.Left + 2, top + 12, font, ink);
    }

    private static SKRect Rectangle(Box box, float scale) => new(box.Left * scale, box.Top * scale, box.Right * scale, box.Bottom * scale);

    private static SKBitmap Bitmap(ImageInput image)
    {
        byte[] rgba = new byte[image.Width * image.Height * 4];
        image.CopyTo(rgba);
        SKBitmap bitmap = new(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        System.Runtime.InteropServices.Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        return bitmap;
    }
}
