using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Scenes;

/// <summary>Characters of a family of pictures, bright ink on black, with pieces of others lying about.</summary>
internal sealed class PictureObjects(ClassFamily family) : ISceneObjects
{
    private const int MostClutter = 6;

    /// <summary>Most objects of a scene unless a recipe says otherwise.</summary>
    public const int Most = 5;

    public int MostObjects => Most;

    public int Channels => 1;

    public bool IsDense => false;

    public float MostOverlap => 0;

    public int Count(Split split) => family.Classes(split).Count;

    // short strokes of half the ink at most
    public void Ground(Split split, SceneCanvas canvas, SeededRandom random)
    {
        for (int i = random.NextInt(MostClutter + 1); i > 0; i--)
        {
            float side = canvas.Size * random.NextSingle(0.1f, 0.25f);
            (float left, float top) = (random.NextSingle(0, canvas.Size - side), random.NextSingle(0, canvas.Size - side));
            (float x, float y, float toX, float toY) = (
                random.NextSingle(0, 1),
                random.NextSingle(0, 1),
                random.NextSingle(0, 1),
                random.NextSingle(0, 1)
            );
            float ink = random.NextSingle(0.2f, 0.5f);
            float radius = random.NextSingle(0.6f, 1.2f) / side;
            _ = canvas.Paint(
                left,
                top,
                side,
                (px, py, colour) =>
                {
                    colour.Fill(ink);
                    return Math.Clamp(((radius - Distance(px, py, x, y, toX, toY)) * side) + 0.5f, 0, 1);
                }
            );
        }
    }

    public float Side(Split split, int number, SeededRandom random) => random.NextSingle(0.25f, 0.45f);

    public Box Draw(Split split, int number, int? half, SceneCanvas canvas, Box square, SeededRandom random)
    {
        ItemClass item = family.Classes(split)[number];
        ItemBank bank = family.Items;
        float[] picture = new float[bank.ItemSize];
        int drawing = half is { } odd ? (2 * random.NextInt((item.Count + 1 - odd) / 2)) + odd : random.NextInt(item.Count);
        bank.Fill(item.First + drawing, item.View, picture);
        (int height, int width) = (bank.Shape[1], bank.Shape[2]);
        float ink = random.NextSingle(0.7f, 1);
        return canvas.Paint(
            square.Left,
            square.Top,
            square.Width,
            (x, y, colour) =>
            {
                colour.Fill(ink);
                return Sample(picture, width, height, (x * width) - 0.5f, (y * height) - 0.5f);
            }
        );
    }

    private static float Sample(float[] picture, int width, int height, float x, float y)
    {
        (int left, int top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        (float right, float low) = (x - left, y - top);
        float At(int column, int row) => column < 0 || row < 0 || column >= width || row >= height ? 0 : picture[(row * width) + column];
        return ((1 - low) * (((1 - right) * At(left, top)) + (right * At(left + 1, top))))
            + (low * (((1 - right) * At(left, top + 1)) + (right * At(left + 1, top + 1))));
    }

    private static float Distance(float px, float py, float x, float y, float toX, float toY)
    {
        (float dx, float dy) = (toX - x, toY - y);
        float t = Math.Clamp((((px - x) * dx) + ((py - y) * dy)) / Math.Max((dx * dx) + (dy * dy), 1e-6f), 0, 1);
        (float ex, float ey) = (px - x - (t * dx), py - y - (t * dy));
        return MathF.Sqrt((ex * ex) + (ey * ey));
    }
}
