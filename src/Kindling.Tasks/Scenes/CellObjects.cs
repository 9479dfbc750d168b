using Kindling.Bundles;

namespace Kindling.Tasks.Scenes;

/// <summary>
/// Things like cells under a microscope: class n is an ellipse of its own proportions, size and colours, with a paler or darker middle and up to three kernels, drawn from (seed, n); an
/// example of it has its own turn, size, place of the kernels and shade. They crowd on a light ground and may overlap.
/// </summary>
/// <remarks>Only + - * / and square roots are used: all machines draw the same pixels.</remarks>
internal sealed class CellObjects(ulong seed, IReadOnlyList<int> counts) : ISceneObjects
{
    private const float LeastSide = 0.06f;
    private const float MostSide = 0.35f;
    private const float Jitter = 0.06f;

    /// <summary>Most objects of a scene unless a recipe says otherwise.</summary>
    public const int Most = 20;

    public int MostObjects => Most;

    public int Channels => 3;

    public bool IsDense => true;

    public float MostOverlap => 0.15f;

    public int Count(Split split) => counts[(int)split];

    public void Ground(Split split, SceneCanvas canvas, SeededRandom random)
    {
        float light = random.NextSingle(0.65f, 0.9f);
        Span<float> from = stackalloc float[3];
        Span<float> to = stackalloc float[3];
        for (int c = 0; c < 3; c++)
        {
            from[c] = light + random.NextSingle(-0.1f, 0.1f);
            to[c] = from[c] + random.NextSingle(-0.08f, 0.08f);
        }

        canvas.Shade(from, to);
    }

    public float Side(Split split, int number, SeededRandom random) => Of(split, number).Side * random.NextSingle(0.85f, 1.15f);

    // every cell is drawn anew
    public Box Draw(Split split, int number, int? half, SceneCanvas canvas, Box square, SeededRandom random)
    {
        Kind kind = Of(split, number);
        (float turnX, float turnY) = Direction(random);
        float shade = random.NextSingle(-Jitter, Jitter);
        (float X, float Y)[] kernels = new (float, float)[kind.Kernels];
        for (int k = 0; k < kernels.Length; k++)
        {
            (float dx, float dy) = Direction(random);
            float far = kernels.Length == 1 ? random.NextSingle(0, 0.2f) : random.NextSingle(0.25f, 0.4f);
            kernels[k] = (far * dx, far * dy);
        }

        float pixel = 2 / square.Width;
        return canvas.Paint(
            square.Left,
            square.Top,
            square.Width,
            (x, y, colour) =>
            {
                // the middle is 0, the edge along the long axis 1
                (float dx, float dy) = ((2 * x) - 1, (2 * y) - 1);
                float u = (dx * turnX) + (dy * turnY);
                float v = ((dy * turnX) - (dx * turnY)) / kind.Aspect;
                float far = MathF.Sqrt((u * u) + (v * v));
                kind.Body.CopyTo(colour);
                Mix(colour, kind.Middle, Math.Clamp((kind.MiddleRadius - far) / 0.2f, 0, 1));
                Mix(colour, kind.Rim, Math.Clamp((far - 0.8f) / 0.15f, 0, 1));
                foreach ((float X, float Y) kernel in kernels)
                {
                    (float kx, float ky) = (u - kernel.X, v - kernel.Y);
                    float depth = kind.KernelRadius - MathF.Sqrt((kx * kx) + (ky * ky));
                    Mix(colour, kind.Kernel, Math.Clamp((depth / pixel) + 0.5f, 0, 1));
                }

                for (int c = 0; c < 3; c++)
                {
                    colour[c] += shade;
                }

                return Math.Clamp(((1 - far) / pixel) + 0.5f, 0, 1);
            }
        );
    }

    private Kind Of(Split split, int number)
    {
        SeededRandom random = new(seed, (ulong)split, (ulong)number);

        // small ones are more frequent
        float t = random.NextSingle(0, 1);
        float side = LeastSide + (t * t * (MostSide - LeastSide));
        float[] body = Colour(random, 0.2f, 0.9f);
        float[] middle = [.. body.Select(value => Math.Clamp(value + random.NextSingle(-0.1f, 0.35f), 0, 1))];
        float[] rim = [.. body.Select(value => Math.Clamp(value + random.NextSingle(-0.2f, 0.1f), 0, 1))];
        int kernels = Math.Max(0, random.NextInt(6) - 2);
        return new Kind(
            side,
            random.NextSingle(0.65f, 1),
            body,
            middle,
            random.NextSingle(0, 0.7f),
            rim,
            kernels,
            Colour(random, 0.05f, 0.6f),
            kernels == 1 ? random.NextSingle(0.3f, 0.65f) : random.NextSingle(0.2f, 0.35f)
        );
    }

    private static float[] Colour(SeededRandom random, float least, float most) =>
        [random.NextSingle(least, most), random.NextSingle(least, most), random.NextSingle(least, most)];

    private static void Mix(Span<float> colour, float[] other, float share)
    {
        for (int c = 0; c < 3; c++)
        {
            colour[c] += share * (other[c] - colour[c]);
        }
    }

    // from a disc, so that all directions are equally likely
    private static (float X, float Y) Direction(SeededRandom random)
    {
        while (true)
        {
            (float x, float y) = (random.NextSingle(-1, 1), random.NextSingle(-1, 1));
            float squared = (x * x) + (y * y);
            if (squared is > 0.01f and <= 1)
            {
                float length = MathF.Sqrt(squared);
                return (x / length, y / length);
            }
        }
    }

    private sealed record Kind(
        float Side,
        float Aspect,
        float[] Body,
        float[] Middle,
        float MiddleRadius,
        float[] Rim,
        int Kernels,
        float[] Kernel,
        float KernelRadius
    );
}
