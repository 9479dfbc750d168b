using System.Globalization;

namespace Kindling.Bundles;

/// <summary>
/// How a detector without anchors writes objects as numbers (after FCOS, Tian et al. 2019, at one scale): the picture is divided into cells of 8 x 8 pixels, and each says whether
/// the middle of an object is near, how far its four edges are from the cell's own middle, and of which class it is.
/// </summary>
/// <remarks>
/// Numbers of a cell, of targets and outputs alike: objectness (target 1 or 0, output its logit), distances to the left, upper, right and lower edge in cells, then one number for
/// each class slot (target 1 for the object's class, output a logit). Cells go row by row.
/// </remarks>
public sealed class DetectionGrid
{
    /// <summary>Width and height of a cell in pixels of the model's input.</summary>
    public const int Cell = 8;

    /// <summary>Numbers of a cell before those of the class slots.</summary>
    public const int Geometry = 5;

    // what is scored lower hardly moves an average precision
    private const float LeastScore = 0.01f;

    private const double FocalBalance = 0.25;

    /// <summary>Cells belong to an object whose middle is within so many cells of theirs, both ways.</summary>
    private const float Reach = 1;

    /// <summary>Most objects that are looked for in a picture, as in COCO.</summary>
    public const int MostDetections = 100;

    /// <summary>A grid over pictures of a size.</summary>
    /// <param name="width">Width of the model's input in pixels: a multiple of <see cref="Cell"/>.</param>
    /// <param name="height">Height likewise.</param>
    /// <param name="slots">Class slots.</param>
    public DetectionGrid(int width, int height, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slots);
        if (width < Cell || height < Cell || width % Cell != 0 || height % Cell != 0)
        {
            throw new ArgumentException($"A detector takes pictures whose sides are multiples of {Cell}, got {width}x{height}.");
        }

        (Columns, Rows, Slots) = (width / Cell, height / Cell, slots);
    }

    /// <summary>Cells side by side.</summary>
    public int Columns { get; }

    /// <summary>Cells one below the other.</summary>
    public int Rows { get; }

    /// <summary>Class slots.</summary>
    public int Slots { get; }

    /// <summary>Numbers of a cell.</summary>
    public int CellLength => Geometry + Slots;

    /// <summary>Numbers of a picture: <c>Rows * Columns * CellLength</c>.</summary>
    public int Length => Rows * Columns * CellLength;

    /// <summary>
    /// Writes the targets of a picture. Every object gets the free cell that is nearest to its middle, smaller ones first, and then the cells within it whose middles are within one
    /// cell of its own; where several reach, the smallest.
    /// </summary>
    /// <param name="objects">Objects with their class slots, in pixels of the model's input.</param>
    /// <param name="target">Gets <see cref="Length"/> numbers.</param>
    /// <exception cref="ArgumentException">More objects than cells, an empty box, or a slot that is none.</exception>
    public void Write(IReadOnlyList<(Box Box, int Slot)> objects, Span<float> target)
    {
        ArgumentNullException.ThrowIfNull(objects);
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, Length, nameof(target));
        if (objects.Count > Rows * Columns)
        {
            throw new ArgumentException(
                $"A picture of {Rows * Columns} cells holds at most as many objects, got {objects.Count}.",
                nameof(objects)
            );
        }

        foreach ((Box box, int slot) in objects)
        {
            if (box.Area <= 0 || slot < 0 || slot >= Slots)
            {
                throw new ArgumentException(
                    $"Expected boxes with an area and class slots from 0 to {Slots - 1}, got {box} of slot {slot}.",
                    nameof(objects)
                );
            }
        }

        (Box Box, int Slot)[] bySize = [.. objects.OrderBy(o => o.Box.Area)];
        int[] owner = new int[Rows * Columns];
        owner.AsSpan().Fill(-1);
        for (int i = 0; i < bySize.Length; i++)
        {
            owner[Nearest(bySize[i].Box, owner)] = i;
        }

        for (int cell = 0; cell < owner.Length; cell++)
        {
            if (owner[cell] < 0)
            {
                owner[cell] = Array.FindIndex(bySize, o => Reaches(o.Box, cell));
            }
        }

        target.Clear();
        for (int cell = 0; cell < owner.Length; cell++)
        {
            if (owner[cell] >= 0)
            {
                Fill(bySize[owner[cell]], cell, target.Slice(cell * CellLength, CellLength));
            }
        }
    }

    /// <summary>The objects that targets tell of, each once.</summary>
    /// <param name="target">What <see cref="Write"/> wrote.</param>
    public IReadOnlyList<(Box Box, int Slot)> Read(ReadOnlySpan<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, Length, nameof(target));
        List<(Box Box, int Slot)> objects = [];
        for (int cell = 0; cell < Rows * Columns; cell++)
        {
            ReadOnlySpan<float> row = target.Slice(cell * CellLength, CellLength);
            if (row[0] > 0)
            {
                (Box Box, int Slot) found = (BoxOf(row, cell), SlotOf(row));
                if (!objects.Exists(o => o.Slot == found.Slot && Same(o.Box, found.Box)))
                {
                    objects.Add(found);
                }
            }
        }

        return objects;
    }

    /// <summary>
    /// The objects that outputs tell of: a cell's score for a class is the probability of an object times that of the class; of boxes of one class that overlap by more than
    /// <paramref name="mostOverlap"/> the best scored stays (non-maximum suppression).
    /// </summary>
    /// <param name="output">Outputs for one picture, <see cref="Length"/> numbers.</param>
    /// <param name="classes">Names of the first class slots; the others do not count.</param>
    /// <param name="leastScore">Scores below do not count.</param>
    /// <param name="mostOverlap">Intersection over union of two objects of one class at most.</param>
    /// <returns>At most <see cref="MostDetections"/>, in pixels of the model's input, best first.</returns>
    public IReadOnlyList<Detection> Decode(
        ReadOnlySpan<float> output,
        IReadOnlyList<string> classes,
        float leastScore,
        float mostOverlap = 0.5f
    )
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(output.Length, Length, nameof(output));
        ArgumentOutOfRangeException.ThrowIfZero(classes.Count, nameof(classes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classes.Count, Slots, nameof(classes));
        List<Detection> candidates = [];
        for (int cell = 0; cell < Rows * Columns; cell++)
        {
            ReadOnlySpan<float> row = output.Slice(cell * CellLength, CellLength);
            double objectness = 1 / (1 + Math.Exp(-row[0]));
            if (objectness < leastScore)
            {
                continue;
            }

            Box box = BoxOf(row, cell).Within(Columns * Cell, Rows * Cell);
            ReadOnlySpan<float> logits = row.Slice(Geometry, classes.Count);
            double sum = LanguagePreprocessing.LogSum(logits);
            for (int slot = 0; slot < classes.Count && box.Area > 0; slot++)
            {
                float score = (float)(objectness * Math.Exp(logits[slot] - sum));
                if (score >= leastScore)
                {
                    candidates.Add(new Detection(classes[slot], score, box));
                }
            }
        }

        return Suppress(candidates, mostOverlap);
    }

    /// <summary>
    /// The loss that a detector descends, the mean over pictures: of each the focal loss of its cells' objectness (alpha 0.25, gamma 2), and of those with an object 1 - GIoU of
    /// their boxes and the cross-entropy of their classes, divided by the number of cells with an object, at least 1.
    /// </summary>
    /// <param name="outputs">Outputs of pictures, one behind the other.</param>
    /// <param name="targets">Their targets.</param>
    internal double Loss(ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets)
    {
        double sum = 0;
        for (int from = 0; from < outputs.Length; from += Length)
        {
            double picture = 0;
            int cells = 0;
            for (int at = from; at < from + Length; at += CellLength)
            {
                ReadOnlySpan<float> output = outputs.Slice(at, CellLength);
                ReadOnlySpan<float> target = targets.Slice(at, CellLength);
                double p = 1 / (1 + Math.Exp(-output[0]));
                if (target[0] == 0)
                {
                    picture += (1 - FocalBalance) * p * p * Softplus(output[0]);
                    continue;
                }

                cells++;
                picture += FocalBalance * (1 - p) * (1 - p) * Softplus(-output[0]);
                picture += 1 - Overlap(output, target);
                ReadOnlySpan<float> logits = output[Geometry..];
                picture += LanguagePreprocessing.LogSum(logits) - logits[SlotOf(target)];
            }

            sum += picture / Math.Max(1, cells);
        }

        return sum / (outputs.Length / Length);
    }

    /// <summary>The mean average precision over pictures and the classes that they show, see <see cref="AveragePrecision"/>.</summary>
    /// <param name="outputs">Outputs of pictures, one behind the other.</param>
    /// <param name="targets">Their targets.</param>
    /// <param name="overlap">Intersection over union from which on a detection is right.</param>
    /// <returns>0 to 1; NaN where there is no object at all.</returns>
    /// <exception cref="ArgumentException">They are not of equally many pictures.</exception>
    public double MeanAveragePrecision(FloatTensor outputs, FloatTensor targets, double overlap = 0.5)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(targets);
        if (outputs.Count != targets.Count || outputs.Count % Length != 0)
        {
            throw new ArgumentException($"Expected outputs and targets of {Length} numbers a picture, got {outputs} and {targets}.");
        }

        string[] names = [.. Enumerable.Range(0, Slots).Select(slot => slot.ToString(CultureInfo.InvariantCulture))];
        (IReadOnlyList<Detection>, IReadOnlyList<LabelledBox>)[] pictures = new (IReadOnlyList<Detection>, IReadOnlyList<LabelledBox>)[
            outputs.Count / Length
        ];
        for (int i = 0; i < pictures.Length; i++)
        {
            pictures[i] = (
                Decode(outputs.Values.AsSpan(i * Length, Length), names, LeastScore),
                [.. Read(targets.Values.AsSpan(i * Length, Length)).Select(o => new LabelledBox(names[o.Slot], o.Box))]
            );
        }

        return AveragePrecision.Mean(pictures, overlap);
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    // the generalised intersection over union (Rezatofighi et al. 2019) of two boxes about one point
    private static double Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double width = Math.Min(a[1], b[1]) + Math.Min(a[3], b[3]);
        double height = Math.Min(a[2], b[2]) + Math.Min(a[4], b[4]);
        double shared = Math.Max(0, width) * Math.Max(0, height);
        double union = ((a[1] + a[3]) * (a[2] + a[4])) + ((b[1] + b[3]) * (b[2] + b[4])) - shared;
        double enclosing = (Math.Max(a[1], b[1]) + Math.Max(a[3], b[3])) * (Math.Max(a[2], b[2]) + Math.Max(a[4], b[4]));
        return (shared / union) - ((enclosing - union) / enclosing);
    }

    /// <summary>Greedy non-maximum suppression, class by class.</summary>
    internal static IReadOnlyList<Detection> Suppress(IReadOnlyList<Detection> candidates, float mostOverlap)
    {
        List<Detection> kept = [];
        foreach (Detection next in candidates.OrderByDescending(d => d.Score))
        {
            if (kept.Count == MostDetections)
            {
                break;
            }

            if (!kept.Exists(k => k.Label == next.Label && k.Box.IntersectionOverUnion(next.Box) > mostOverlap))
            {
                kept.Add(next);
            }
        }

        return kept;
    }

    private static int SlotOf(ReadOnlySpan<float> row) =>
        row[Geometry..].IndexOf(1f) is var slot and >= 0
            ? slot
            : throw new ArgumentException("Targets of a detector have 1 for one class in every cell with an object.");

    // the same box from other cells differs by rounding
    private static bool Same(Box a, Box b) =>
        Math.Abs(a.Left - b.Left) + Math.Abs(a.Top - b.Top) + Math.Abs(a.Right - b.Right) + Math.Abs(a.Bottom - b.Bottom) < 0.01f;

    private (float X, float Y) Middle(int cell) => (((cell % Columns) + 0.5f) * Cell, ((cell / Columns) + 0.5f) * Cell);

    private int Nearest(Box box, int[] owner)
    {
        int nearest = -1;
        float least = float.PositiveInfinity;
        for (int cell = 0; cell < owner.Length; cell++)
        {
            (float x, float y) = Middle(cell);
            float dx = x - ((box.Left + box.Right) / 2);
            float dy = y - ((box.Top + box.Bottom) / 2);
            float distance = (dx * dx) + (dy * dy);
            if (owner[cell] < 0 && distance < least)
            {
                (nearest, least) = (cell, distance);
            }
        }

        return nearest;
    }

    private bool Reaches(Box box, int cell)
    {
        (float x, float y) = Middle(cell);
        return x > box.Left
            && x < box.Right
            && y > box.Top
            && y < box.Bottom
            && Math.Abs(x - ((box.Left + box.Right) / 2)) <= Reach * Cell
            && Math.Abs(y - ((box.Top + box.Bottom) / 2)) <= Reach * Cell;
    }

    private void Fill((Box Box, int Slot) item, int cell, Span<float> row)
    {
        (float x, float y) = Middle(cell);
        row[0] = 1;
        row[1] = (x - item.Box.Left) / Cell;
        row[2] = (y - item.Box.Top) / Cell;
        row[3] = (item.Box.Right - x) / Cell;
        row[4] = (item.Box.Bottom - y) / Cell;
        row[Geometry + item.Slot] = 1;
    }

    private Box BoxOf(ReadOnlySpan<float> row, int cell)
    {
        (float x, float y) = Middle(cell);
        return new Box(x - (row[1] * Cell), y - (row[2] * Cell), x + (row[3] * Cell), y + (row[4] * Cell));
    }
}
