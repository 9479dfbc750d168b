using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;
using SkiaSharp;

namespace Kindling.Evaluate.Plots;

/// <summary>
/// Test tasks of a detector as pictures, a task in a row: the first picture that it learns from, then query pictures with what it finds after adaptation, and what there is as white boxes.
/// </summary>
internal static class DetectionSheet
{
    private const int Tasks = 4;
    private const int Queries = 4;
    private const int Tile = 224;
    private const int Gap = 8;
    private const float LeastScore = 0.3f;

    /// <summary>Draws the first tasks of an evaluation.</summary>
    /// <param name="model">The detector.</param>
    /// <param name="plan">The evaluation's tasks.</param>
    /// <returns>A PNG file.</returns>
    public static byte[] Draw(AdaptableModel model, EpisodePlan plan)
    {
        int tasks = Math.Min(Tasks, plan.Episodes);
        int queries = Math.Min(Queries, plan.Shape.Queries);
        using SKSurface surface = SKSurface.Create(new SKImageInfo(((Tile + Gap) * (1 + queries)) + Gap, ((Tile + Gap) * tasks) + Gap));
        surface.Canvas.Clear(SKColors.White);
        for (int t = 0; t < tasks; t++)
        {
            Row(surface.Canvas, model, plan.Test(t), queries, Gap + (t * (Tile + Gap)));
        }

        using SKImage drawn = surface.Snapshot();
        using SKData png = drawn.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static void Row(SKCanvas canvas, AdaptableModel model, Episode episode, int queries, int top)
    {
        DetectionGrid grid = model.Manifest.ForObjects();
        string[] classes = [.. Enumerable.Range(0, grid.Slots).Select(slot => slot.ToString(CultureInfo.InvariantCulture))];
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Figures.Support(model.Manifest, episode));
        IReadOnlyList<Detection> shown = [.. Objects(grid, episode.SupportY, 0).Select(o => new Detection(classes[o.Slot], 1, o.Box))];
        Place(canvas, Gap, top, Picture(episode.SupportX, 0), shown, classes, known: []);
        for (int q = 0; q < queries; q++)
        {
            int length = episode.QueryX.Count / episode.QueryX.Shape[0];
            FloatTensor input = new([.. episode.QueryX.Shape.Skip(1)], episode.QueryX.Values[(q * length)..((q + 1) * length)]);
            Place(
                canvas,
                Gap + ((q + 1) * (Tile + Gap)),
                top,
                Picture(episode.QueryX, q),
                learner.Detect(input, LeastScore),
                classes,
                [.. Objects(grid, episode.QueryY, q).Select(o => o.Box)]
            );
        }
    }

    private static void Place(
        SKCanvas canvas,
        int left,
        int top,
        ImageInput image,
        IReadOnlyList<Detection> found,
        string[] classes,
        IReadOnlyList<Box> known
    )
    {
        int restore = canvas.Save();
        canvas.Translate(left, top);
        canvas.ClipRect(new SKRect(0, 0, Tile, Tile));
        DetectionPicture.Draw(canvas, image, found, classes, Tile / (float)Math.Max(image.Width, image.Height), known);
        canvas.RestoreToCount(restore);
    }

    private static IReadOnlyList<(Box Box, int Slot)> Objects(DetectionGrid grid, FloatTensor y, int picture) =>
        grid.Read(y.Values.AsSpan(picture * grid.Length, grid.Length));

    private static ImageInput Picture(FloatTensor x, int picture)
    {
        (int channels, int height, int width) = (x.Shape[1], x.Shape[2], x.Shape[3]);
        int area = height * width;
        byte[] rgba = new byte[area * 4];
        for (int i = 0; i < area; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                float value = x.Values[(((picture * channels) + Math.Min(c, channels - 1)) * area) + i];
                rgba[(i * 4) + c] = (byte)Math.Round(255 * Math.Clamp(value, 0, 1));
            }

            rgba[(i * 4) + 3] = 255;
        }

        return ImageInput.FromPixels(rgba, width, height);
    }
}
