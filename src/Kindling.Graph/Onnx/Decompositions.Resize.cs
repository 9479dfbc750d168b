namespace Kindling.Graphs.Onnx;

/// <content>Resizing along axes, one after the other.</content>
internal static partial class Decompositions
{
    // The older operator: places by division.
    private static Value Upsample(NodeForm f)
    {
        string mode = f.Text("mode", "nearest");
        float[]? scales =
            f.Opset >= 9 ? FloatsOf(f, f.Input(1), "scales")
            : f.Opset >= 7 ? f.Floats("scales")
            : [1, 1, f.Float("height_scale", 1), f.Float("width_scale", 1)];
        return Resized(
            f,
            Older(mode == "bilinear" ? "linear" : mode),
            scales ?? throw new GraphException($"{f.Where}: scales are missing.")
        );
    }

    private static Resampling Older(string mode) =>
        new()
        {
            Mode = mode,
            Coordinates = "asymmetric",
            Rounding = Resampling.Simple,
            Cubic = -0.75f,
            ExcludesOutside = false,
            Antialiases = false,
            Outside = 0,
        };

    private static Value Resize(NodeForm f)
    {
        if (f.Opset < 11)
        {
            return Resized(f, Older(f.Text("mode", "nearest")), FloatsOf(f, f.Input(1), "scales"));
        }

        Resampling way = new()
        {
            Mode = f.Text("mode", "nearest"),
            Coordinates = f.Text("coordinate_transformation_mode", "half_pixel"),
            Rounding = f.Text("nearest_mode", "round_prefer_floor"),
            Cubic = f.Float("cubic_coeff_a", -0.75f),
            ExcludesOutside = f.Int("exclude_outside", 0) != 0,
            Antialiases = f.Int("antialias", 0) != 0,
            Outside = f.Float("extrapolation_value", 0),
        };
        float[] parts = way.Coordinates == "tf_crop_and_resize" ? FloatsOf(f, f.Input(1), "roi") : [];
        string policy = f.Text("keep_aspect_ratio_policy", "stretch");
        long[] axes = f.Ints("axes") ?? [.. Enumerable.Range(0, f.Input(0).Rank).Select(i => (long)i)];
        return f.Optional(2) is { } scales && !scales.Shape.ElementCount.Is(0)
            ? Resized(f, way, FloatsOf(f, scales, "scales"), axes, parts)
            : Resized(f, way, f.Input(3), policy, axes, parts);
    }

    private static Value Resized(NodeForm f, Resampling way, float[] scales, long[]? given = null, float[]? parts = null)
    {
        int[] axes = AxesOf(f, given, scales.Length);
        scales = [.. scales];
        for (int i = 0; i < axes.Length; i++)
        {
            if (!f.Input(0).Shape[axes[i]].IsKnown && way.Repeats(scales[i]))
            {
                f.Inputs[0] = Resampling.Repeat(f.Builder, f.Input(0), axes[i], (long)scales[i]);
                scales[i] = 1;
            }
        }

        Value x = f.Input(0);
        IEnumerable<ResampledAxis> resampled = axes.Select(
            (axis, i) =>
            {
                (float start, float end) = Part(f, parts, i, axes.Length);
                if (scales[i] == 1 && start == 0 && end == 1)
                {
                    return default;
                }

                long size = SizeOf(f, axis);
                float width = size * scales[i] * (end - start);
                return width is >= 0 and < int.MaxValue
                    ? new ResampledAxis(axis, size, (long)width, scales[i], start == 0 && end == 1 ? width : (long)width, start, end)
                    : throw new GraphException($"{f.Where}: scale {scales[i]} of axis {axis} of {x.Shape} is not supported.");
            }
        );
        return Resized(f, way, resampled);
    }

    private static Value Resized(NodeForm f, Resampling way, Value sizes, string policy, long[] given, float[] parts)
    {
        Value x = f.Input(0);
        IReadOnlyList<Dimension> wanted =
            sizes.KnownElements ?? throw new GraphException($"{f.Where}: sizes ('{sizes.Name}') must be known when the graph is built.");
        int[] axes = AxesOf(f, given, wanted.Count);
        float? common = policy switch
        {
            "stretch" => null,
            "not_larger" => axes.Select((axis, i) => (float)wanted[i].Size / SizeOf(f, axis)).Min(),
            "not_smaller" => axes.Select((axis, i) => (float)wanted[i].Size / SizeOf(f, axis)).Max(),
            _ => throw new GraphException($"{f.Where}: keep_aspect_ratio_policy '{policy}' is not supported."),
        };
        IEnumerable<ResampledAxis> resampled = axes.Select(
            (axis, i) =>
            {
                (float start, float end) = Part(f, parts, i, axes.Length);
                if (common is null && wanted[i] == x.Shape[axis] && start == 0 && end == 1)
                {
                    return default;
                }

                long size = SizeOf(f, axis);
                long output =
                    common is { } scale ? (long)Math.Floor((scale * size) + 0.5)
                    : wanted[i].IsKnown ? wanted[i].Size
                    : throw new GraphException($"{f.Where}: the size {wanted[i]} of axis {axis} must be known when the graph is built.");
                return new ResampledAxis(axis, size, output, common ?? ((float)output / size), common * size ?? output, start, end);
            }
        );
        return Resized(f, way, resampled);
    }

    // What becomes smaller comes first, then the last axes: that is least work.
    private static Value Resized(NodeForm f, Resampling way, IEnumerable<ResampledAxis> axes) =>
        axes.Where(a => a.Input > 0)
            .OrderBy(a => (double)a.Output / a.Input)
            .ThenByDescending(a => a.Index)
            .Aggregate(f.Input(0), (x, axis) => way.Resize(f.Builder, x, axis));

    private static int[] AxesOf(NodeForm f, long[]? given, int count)
    {
        int rank = f.Input(0).Rank;
        int[] axes = [.. (given ?? [.. Enumerable.Range(0, rank).Select(i => (long)i)]).Select(a => (int)(a < 0 ? a + rank : a))];
        return axes.Length == count && axes.All(a => a >= 0 && a < rank)
            ? axes
            : throw new GraphException(
                $"{f.Where}: {count} scales or sizes do not go with axes {string.Join(", ", axes)} of {f.Input(0)}."
            );
    }

    private static long SizeOf(NodeForm f, int axis) =>
        f.Input(0).Shape[axis] is { IsKnown: true, Size: > 0 and var size }
            ? size
            : throw new GraphException(
                $"{f.Where}: the size of axis {axis} of {f.Input(0)} must be known, and not 0, since it is resized."
            );

    // begins of all axes, then ends
    private static (float Start, float End) Part(NodeForm f, float[]? parts, int index, int count) =>
        parts is null or [] ? (0, 1)
        : parts.Length == 2 * count ? (parts[index], parts[count + index])
        : throw new GraphException($"{f.Where}: roi must have {2 * count} numbers, got {parts.Length}.");

    private static float[] FloatsOf(NodeForm f, Value value, string meaning) =>
        value.Constant switch
        {
            { Type: ElementType.Float } tensor => tensor.AsSpan<float>().ToArray(),
            { Type: ElementType.Double } tensor => Array.ConvertAll(tensor.AsSpan<double>().ToArray(), v => (float)v),
            { Type: ElementType.Float16 } tensor => Array.ConvertAll(tensor.AsSpan<Half>().ToArray(), v => (float)v),
            _ => throw new GraphException($"{f.Where}: {meaning} ('{value.Name}') must be known when the graph is built."),
        };
}
