namespace Kindling.Graphs.Onnx;

/// <summary>
/// How an axis is resized: each element of the output is a weighted sum of elements of the input, so the whole axis is a product with a constant matrix, or,
/// where each is one element, a Gather. Positions are in single precision, as ONNX Runtime has them.
/// </summary>
internal sealed class Resampling
{
    /// <summary>What there was before nearest_mode: the element before a place, or after it where the output is smaller.</summary>
    public const string Simple = "simple";

    private const long MostElements = 1 << 22;

    /// <summary>nearest, linear or cubic.</summary>
    public required string Mode { get; init; }

    /// <summary>How a place of the output becomes one of the input (coordinate_transformation_mode).</summary>
    public required string Coordinates { get; init; }

    /// <summary>How a place becomes an element (nearest_mode).</summary>
    public required string Rounding { get; init; }

    /// <summary>The cubic's coefficient a (Keys 1981).</summary>
    public required float Cubic { get; init; }

    /// <summary>Whether what lies outside of the input counts nothing, instead of as much as the border.</summary>
    public required bool ExcludesOutside { get; init; }

    /// <summary>Whether weights reach further where the output is smaller.</summary>
    public required bool Antialiases { get; init; }

    /// <summary>What stands outside of the input in tf_crop_and_resize.</summary>
    public required float Outside { get; init; }

    /// <summary>Resizes one axis.</summary>
    public Value Resize(GraphBuilder b, Value x, ResampledAxis axis)
    {
        if (axis.Output * (Mode == "nearest" ? 1.0 : axis.Input) > MostElements || axis.Input == 0)
        {
            throw new GraphException(
                $"an axis of {axis.Input} elements resized to {axis.Output} is more than {MostElements} weights, or nothing."
            );
        }

        float[] places = [.. Enumerable.Range(0, (int)axis.Output).Select(i => Place(i, axis))];
        if (Array.Find(places, at => !(Math.Abs(at) < int.MaxValue)) is not 0 and var far)
        {
            throw new GraphException($"an axis of {axis.Input} elements has none at {far}.");
        }

        Value y =
            Mode == "nearest" ? b.Gather(x, b.Ints([.. places.Select(at => Nearest(at, axis))]), axis.Index) : Weighted(b, x, axis, places);
        bool[] inside = [.. places.Select(at => Coordinates != "tf_crop_and_resize" || (at >= 0 && at <= axis.Input - 1))];
        if (Array.TrueForAll(inside, i => i))
        {
            return y;
        }

        long[] column = [axis.Output, .. Enumerable.Repeat(1L, x.Rank - axis.Index - 1)];
        return b.Where(b.Constant(Tensor.Of<bool>(inside, column)), y, b.ScalarLike(y, Outside));
    }

    /// <summary>Whether an axis of any size becomes one in which each element stands so many times: its size need not be known.</summary>
    public bool Repeats(float scale)
    {
        const int Size = 8;
        if (Mode != "nearest" || Coordinates == "tf_crop_and_resize" || scale is not (> 1 and <= short.MaxValue) || scale % 1 != 0)
        {
            return false;
        }

        ResampledAxis sample = new(0, Size, (long)scale * Size, scale, scale * Size, 0, 1);
        return Enumerable.Range(0, (int)sample.Output).All(i => Nearest(Place(i, sample), sample) == i / (long)scale);
    }

    /// <summary>Each element of an axis so many times.</summary>
    public static Value Repeat(GraphBuilder b, Value x, int axis, long times)
    {
        Value apart = b.Unsqueeze(x, axis + 1);
        Value repeated = b.Expand(apart, b.Ints([.. Enumerable.Range(0, apart.Rank).Select(i => i == axis + 1 ? times : 1)]));
        IEnumerable<Value> sizes = SizeVector
            .Axes(x)
            .Select(a => SizeVector.Of(b, a.Value, a.Axis))
            .Select((size, i) => i == axis ? b.Mul(size, b.Ints(times)) : size);
        return b.Op("Reshape", [repeated, b.Concat(0, sizes)], ("allowzero", 1));
    }

    private Value Weighted(GraphBuilder b, Value x, ResampledAxis axis, float[] places)
    {
        int last = x.Rank - 1;
        double[] rows = [.. places.SelectMany(at => Weights(at, axis))];
        if (axis.Index == last - 1)
        {
            return b.MatMul(b.Constant(ComputedConstant.Of(x.Type, rows, axis.Output, axis.Input)), x);
        }

        double[] columns = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            columns[(i % axis.Input * axis.Output) + (i / axis.Input)] = rows[i];
        }

        Value matrix = b.Constant(ComputedConstant.Of(x.Type, columns, axis.Input, axis.Output));
        if (axis.Index == last)
        {
            return b.MatMul(x, matrix);
        }

        long[] swapped = [.. Enumerable.Range(0, x.Rank).Select(i => (long)i)];
        (swapped[axis.Index], swapped[last]) = (last, axis.Index);
        return b.Transpose(b.MatMul(b.Transpose(x, swapped), matrix), swapped);
    }

    private float Place(int i, ResampledAxis axis)
    {
        float last = axis.Input - 1;
        return Coordinates switch
        {
            "half_pixel" => Back(i + 0.5f) - 0.5f,
            "half_pixel_symmetric" => (axis.Input / 2f * (1 - (axis.Output / axis.Width))) + Back(i + 0.5f) - 0.5f,
            "pytorch_half_pixel" => axis.Output > 1 ? Back(i + 0.5f) - 0.5f : 0,
            "align_corners" => axis.Width == 1 ? 0 : i * last / (axis.Width - 1),
            "asymmetric" => Back(i),
            "tf_half_pixel_for_nn" => Back(i + 0.5f),
            "tf_crop_and_resize" => axis.Output > 1
                ? (axis.Start * last) + (i * (axis.End - axis.Start) * last / (axis.Output - 1))
                : 0.5f * (axis.Start + axis.End) * last,
            _ => throw new GraphException($"coordinate_transformation_mode '{Coordinates}' is not supported."),
        };

        // by whole sizes where there are any: their ratio need not be a number of single precision
        float Back(float place) => axis.Width == axis.Output ? place * axis.Input / axis.Output : place / axis.Scale;
    }

    private long Nearest(float at, ResampledAxis axis)
    {
        float rounded = Rounding switch
        {
            "round_prefer_floor" => MathF.Ceiling(at - 0.5f),
            "round_prefer_ceil" => MathF.Floor(at + 0.5f),
            "floor" => MathF.Floor(at),
            "ceil" => MathF.Ceiling(at),
            Simple => axis.Scale < 1 ? MathF.Ceiling(at) : MathF.Floor(at),
            _ => throw new GraphException($"nearest_mode '{Rounding}' is not supported."),
        };
        return Math.Clamp((long)rounded, 0, axis.Input - 1);
    }

    private double[] Weights(float at, ResampledAxis axis)
    {
        (double reach, Func<double, double> weight) = Mode switch
        {
            "linear" => (1.0, (Func<double, double>)(d => Math.Max(0, 1 - d))),
            "cubic" => (2.0, KeysWeight),
            _ => throw new GraphException($"mode '{Mode}' is not supported (nearest, linear, cubic are)."),
        };
        double scale = Antialiases ? Math.Min(1, axis.Scale) : 1;
        double[] row = new double[axis.Input];
        double sum = 0;
        long first = (long)Math.Floor(at) + (long)Math.Floor(-reach / scale) + 1;
        for (long tap = first; tap <= at + (reach / scale); tap++)
        {
            if (ExcludesOutside && (tap < 0 || tap >= axis.Input))
            {
                continue;
            }

            double share = weight(scale * Math.Abs(tap - at));
            sum += share;
            row[Math.Clamp(tap, 0, axis.Input - 1)] += share;
        }

        return Array.ConvertAll(row, share => share / sum);
    }

    private double KeysWeight(double d)
    {
        double a = Cubic;
        return d <= 1 ? ((((a + 2) * d) - (a + 3)) * d * d) + 1
            : d < 2 ? (((((a * d) - (5 * a)) * d) + (8 * a)) * d) - (4 * a)
            : 0;
    }
}
