namespace Kindling.Graphs.Ops;

/// <summary>Convolution and pooling over 1 or more spatial axes, layout [batch, channels, spatial...].</summary>
internal static class ConvolutionOps
{
    private static readonly string[] Window = ["auto_pad", "dilations", "kernel_shape", "pads", "strides"];

    public static IEnumerable<OpSchema> All =>
        [
            new("Conv", 2, 3, 1, [.. Window, "group"], Conv),
            new("ConvTranspose", 2, 3, 1, [.. Window, "group", "output_padding", "output_shape"], ConvTranspose),
            new("MaxPool", 1, 1, 2, [.. Window, "ceil_mode", "storage_order"], MaxPool),
            new("AveragePool", 1, 1, 1, ["auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"], AveragePool),
            new("GlobalAveragePool", 1, 1, 1, [], GlobalPool),
            new("GlobalMaxPool", 1, 1, 1, [], GlobalPool),
        ];

    private static void Conv(InferenceContext c)
    {
        Shape x = c[0].Shape;
        Shape w = c[1].Shape;
        int spatial = SpatialRank(c, x);
        long group = c.Node.Attributes.Int("group", 1);
        if (w.Rank != x.Rank)
        {
            throw c.Fail($"weights must have rank {x.Rank} like the input, got {w}");
        }

        if (x[1].IsKnown && w[1].IsKnown && x[1].Size != w[1].Size * group)
        {
            throw c.Fail($"input has {x[1]} channels, weights want {w[1].Size * group} ({group} groups of {w[1]})");
        }

        WindowAttributes window = WindowAttributes.Of(c.Node, spatial, [.. w.Skip(2).Select(d => d.Size)]);
        c.Set(c[0].Type, new Shape([x[0], w[0], .. Enumerable.Range(0, spatial).Select(i => Slide(c, window, x[i + 2], i, ceil: false))]));
    }

    private static void ConvTranspose(InferenceContext c)
    {
        Shape x = c[0].Shape;
        Shape w = c[1].Shape;
        int spatial = SpatialRank(c, x);
        WindowAttributes window = WindowAttributes.Of(c.Node, spatial, [.. w.Skip(2).Select(d => d.Size)]);
        long[] padding = c.Node.Attributes.Ints("output_padding", new long[spatial]);
        if (c.Node.Attributes.Has("output_shape") || window.IsAutomatic)
        {
            throw c.Fail("output_shape and automatic padding of ConvTranspose are not supported; give pads and output_padding");
        }

        IEnumerable<Dimension> sizes = Enumerable
            .Range(0, spatial)
            .Select(i =>
                x[i + 2].IsKnown
                    ? Dimension.Of(
                        (window.Strides[i] * (x[i + 2].Size - 1)) + padding[i] + window.Extent(i) - window.Begin(i) - window.End(i)
                    )
                    : c.Fresh(i + 2)
            );
        c.Set(c[0].Type, new Shape([x[0], w[1] * c.Node.Attributes.Int("group", 1), .. sizes]));
    }

    private static void MaxPool(InferenceContext c)
    {
        Shape shape = Pool(c);
        c.Set(0, c[0].Type, shape);
        c.Set(1, ElementType.Int64, shape);
    }

    private static void AveragePool(InferenceContext c) => c.Set(c[0].Type, Pool(c));

    private static Shape Pool(InferenceContext c)
    {
        Shape x = c[0].Shape;
        int spatial = SpatialRank(c, x);
        long[] kernel = c.Node.Attributes.Ints("kernel_shape") ?? throw c.Fail("attribute kernel_shape is missing");
        WindowAttributes window = WindowAttributes.Of(c.Node, spatial, kernel);
        bool ceil = c.Node.Attributes.Int("ceil_mode", 0) != 0;
        return new Shape([x[0], x[1], .. Enumerable.Range(0, spatial).Select(i => Slide(c, window, x[i + 2], i, ceil))]);
    }

    private static void GlobalPool(InferenceContext c)
    {
        int spatial = SpatialRank(c, c[0].Shape);
        c.Set(c[0].Type, new Shape([c[0].Shape[0], c[0].Shape[1], .. Enumerable.Repeat(Dimension.Of(1), spatial)]));
    }

    private static int SpatialRank(InferenceContext c, Shape x) =>
        x.Rank >= 3 ? x.Rank - 2 : throw c.Fail("the input must be [batch, channels, spatial...]");

    private static Dimension Slide(InferenceContext c, WindowAttributes window, Dimension size, int axis, bool ceil)
    {
        if (!size.IsKnown)
        {
            return SlideUnknown(window, size, axis, ceil) ?? c.Fresh(axis + 2);
        }

        WindowAttributes resolved = window.Resolve(axis, size.Size);
        long padded = size.Size + resolved.Begin(axis) + resolved.End(axis);
        long span = padded - resolved.Extent(axis);
        if (span < 0)
        {
            throw c.Fail($"the window of {resolved.Extent(axis)} is larger than the padded input of {padded} on spatial axis {axis}");
        }

        long stride = resolved.Strides[axis];
        long count = (ceil ? (span + stride - 1) / stride : span / stride) + 1;
        // A window that would start in the end padding is dropped.
        return ceil && (count - 1) * stride >= size.Size + resolved.Begin(axis) ? count - 1 : count;
    }

    // Windows alike over one unknown size give one size, so that what two of them give can be added; null where that is not told.
    private static Dimension? SlideUnknown(WindowAttributes window, Dimension size, int axis, bool ceil)
    {
        long stride = window.Strides[axis];
        if (window.IsAutomatic)
        {
            return stride == 1 ? size : Named($"ceil({size}/{stride})");
        }

        long more = window.Begin(axis) + window.End(axis) - (window.Extent(axis) - 1);
        return ceil && stride > 1 ? (Dimension?)null
            : more == 0 && stride == 1 ? size
            : stride == 1 ? Named($"({size}{more:+0;-0})")
            : Named($"(({size}{more - 1:+0;-0})/{stride}+1)");

        // a product is cut at its stars, and long names say nothing
        Dimension? Named(FormattableString symbol) =>
            size.Symbol!.Contains('*', StringComparison.Ordinal) || size.Symbol.Length > 100
                ? (Dimension?)null
                : Dimension.Named(FormattableString.Invariant(symbol));
    }
}
