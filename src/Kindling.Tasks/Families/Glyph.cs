namespace Kindling.Tasks.Families;

/// <summary>
/// The strokes of a procedural character, and how one example of it is drawn. Strokes are cubic Bezier curves (a straight
/// line is one whose inner points lie on it) in a unit square, y downwards.
/// </summary>
/// <remarks>Only + - * / and square roots are used, which are exact everywhere: all machines draw the same pixels.</remarks>
internal sealed class Glyph
{
    private const int Segments = 16;
    private const double Margin = 0.14;
    private const double LeastStroke = 0.35;

    private readonly (double X, double Y)[][] _strokes;

    private Glyph((double X, double Y)[][] strokes) => _strokes = strokes;

    /// <summary>A random character of 2 to 4 strokes that fills its square.</summary>
    public static Glyph Create(SeededRandom random)
    {
        (double X, double Y)[][] strokes = new (double, double)[2 + random.NextInt(3)][];
        for (int s = 0; s < strokes.Length; s++)
        {
            strokes[s] = Stroke(random, strokes.AsSpan(0, s));
        }

        Fit(strokes);
        return new Glyph(strokes);
    }

    /// <summary>Draws one example, white ink on black, <c>[size, size]</c>, with random shape, place and pen.</summary>
    public void Draw(SeededRandom random, Span<byte> canvas, int size)
    {
        canvas.Clear();
        Affine affine = Affine.Create(random);
        double radius = size * (0.026 + (0.014 * random.NextDouble()));
        Span<(double X, double Y)> points = stackalloc (double, double)[4];
        foreach ((double X, double Y)[] stroke in _strokes)
        {
            for (int i = 0; i < 4; i++)
            {
                double x = stroke[i].X + Jitter(random, 0.035);
                double y = stroke[i].Y + Jitter(random, 0.035);
                (x, y) = affine.Map(x, y);
                points[i] = (x * size, y * size);
            }

            Ink(points, radius, canvas, size);
        }
    }

    private static double Jitter(SeededRandom random, double width) => width * ((2 * random.NextDouble()) - 1);

    /// <summary>A stroke of some length, three times in five attached to an earlier one.</summary>
    private static (double X, double Y)[] Stroke(SeededRandom random, ReadOnlySpan<(double X, double Y)[]> earlier)
    {
        (double X, double Y) start;
        (double X, double Y) end;
        do
        {
            start = Point(random);
            if (earlier.Length > 0 && random.NextInt(5) < 3)
            {
                (double X, double Y)[] other = earlier[random.NextInt(earlier.Length)];
                start = random.NextInt(3) switch
                {
                    0 => other[0],
                    1 => other[3],
                    _ => Bezier(other, 0.5),
                };
            }

            end = Point(random);
        } while (Length(start, end) < LeastStroke);

        (double X, double Y) inner1 = Between(start, end, 1 / 3.0);
        (double X, double Y) inner2 = Between(start, end, 2 / 3.0);
        double normalX = -(end.Y - start.Y);
        double normalY = end.X - start.X;

        // 2 in 5 straight, 2 in 5 an arc, 1 in 5 an S.
        int kind = random.NextInt(5);
        double bend = kind < 2 ? 0 : (0.45 + (0.5 * random.NextDouble())) * (random.NextInt(2) == 0 ? 1 : -1);
        double second = kind == 4 ? -bend : bend;
        return
        [
            start,
            (inner1.X + (bend * normalX), inner1.Y + (bend * normalY)),
            (inner2.X + (second * normalX), inner2.Y + (second * normalY)),
            end,
        ];
    }

    private static (double X, double Y) Point(SeededRandom random) => (random.NextDouble(), random.NextDouble());

    private static (double X, double Y) Between((double X, double Y) a, (double X, double Y) b, double t) =>
        (a.X + (t * (b.X - a.X)), a.Y + (t * (b.Y - a.Y)));

    private static double Length((double X, double Y) a, (double X, double Y) b) =>
        Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));

    private static (double X, double Y) Bezier(ReadOnlySpan<(double X, double Y)> p, double t)
    {
        double u = 1 - t;
        double a = u * u * u;
        double b = 3 * u * u * t;
        double c = 3 * u * t * t;
        double d = t * t * t;
        return ((a * p[0].X) + (b * p[1].X) + (c * p[2].X) + (d * p[3].X), (a * p[0].Y) + (b * p[1].Y) + (c * p[2].Y) + (d * p[3].Y));
    }

    /// <summary>Moves and scales the strokes so that they are centred and the longer side fills the square but for a margin.</summary>
    private static void Fit((double X, double Y)[][] strokes)
    {
        double left = double.MaxValue;
        double right = double.MinValue;
        double top = double.MaxValue;
        double bottom = double.MinValue;
        foreach ((double X, double Y)[] stroke in strokes)
        {
            for (int i = 0; i <= Segments; i++)
            {
                (double x, double y) = Bezier(stroke, i / (double)Segments);
                left = Math.Min(left, x);
                right = Math.Max(right, x);
                top = Math.Min(top, y);
                bottom = Math.Max(bottom, y);
            }
        }

        double scale = (1 - (2 * Margin)) / Math.Max(right - left, bottom - top);
        foreach ((double X, double Y)[] stroke in strokes)
        {
            for (int i = 0; i < stroke.Length; i++)
            {
                stroke[i] = (0.5 + (scale * (stroke[i].X - ((left + right) / 2))), 0.5 + (scale * (stroke[i].Y - ((top + bottom) / 2))));
            }
        }
    }

    /// <summary>Adds a curve: coverage of a pixel = clamp(radius + 1/2 - distance of its centre, 0, 1), the maximum wins.</summary>
    private static void Ink(ReadOnlySpan<(double X, double Y)> points, double radius, Span<byte> canvas, int size)
    {
        (double X, double Y) from = points[0];
        for (int i = 1; i <= Segments; i++)
        {
            (double X, double Y) to = Bezier(points, i / (double)Segments);
            InkSegment(from, to, radius, canvas, size);
            from = to;
        }
    }

    private static void InkSegment((double X, double Y) from, (double X, double Y) to, double radius, Span<byte> canvas, int size)
    {
        double reach = radius + 1;
        int left = Math.Clamp((int)(Math.Min(from.X, to.X) - reach), 0, size - 1);
        int right = Math.Clamp((int)(Math.Max(from.X, to.X) + reach), 0, size - 1);
        int top = Math.Clamp((int)(Math.Min(from.Y, to.Y) - reach), 0, size - 1);
        int bottom = Math.Clamp((int)(Math.Max(from.Y, to.Y) + reach), 0, size - 1);
        double dx = to.X - from.X;
        double dy = to.Y - from.Y;
        double squared = (dx * dx) + (dy * dy);
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                double px = x + 0.5 - from.X;
                double py = y + 0.5 - from.Y;
                double t = squared > 0 ? Math.Clamp(((px * dx) + (py * dy)) / squared, 0, 1) : 0;
                double ex = px - (t * dx);
                double ey = py - (t * dy);
                double coverage = Math.Clamp(radius + 0.5 - Math.Sqrt((ex * ex) + (ey * ey)), 0, 1);
                byte value = (byte)((coverage * 255) + 0.5);
                canvas[(y * size) + x] = Math.Max(canvas[(y * size) + x], value);
            }
        }
    }

    /// <summary>A random turn (up to about 9 degrees), size, slant and shift about the middle of the square.</summary>
    private readonly record struct Affine(double A, double B, double C, double D, double ShiftX, double ShiftY)
    {
        public static Affine Create(SeededRandom random)
        {
            double angle = Jitter(random, 0.16);
            double slant = Jitter(random, 0.12);
            double scaleX = 0.94 + Jitter(random, 0.1);
            double scaleY = 0.94 + Jitter(random, 0.1);

            // Sine and cosine by their series, whose error at 0.16 is below 1e-6 and the same everywhere.
            double square = angle * angle;
            double sine = angle * (1 - (square / 6));
            double cosine = 1 - (square / 2) + (square * square / 24);
            return new Affine(
                cosine * scaleX,
                ((cosine * slant) - sine) * scaleY,
                sine * scaleX,
                ((sine * slant) + cosine) * scaleY,
                0.5 + Jitter(random, 0.04),
                0.5 + Jitter(random, 0.04)
            );
        }

        public (double X, double Y) Map(double x, double y)
        {
            x -= 0.5;
            y -= 0.5;
            return ((A * x) + (B * y) + ShiftX, (C * x) + (D * y) + ShiftY);
        }
    }
}
