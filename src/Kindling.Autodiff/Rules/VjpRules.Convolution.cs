using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <content>
/// Convolution. Per spatial axis: input H, output o, kernel k, stride s, dilation d, begin padding p. T swaps the first two axes. The end
/// padding does not enter: what the last window needs behind the input follows from the sizes, s(o - 1) + d(k - 1) + 1 - H - p, and is called
/// tail here; a negative tail means that the last elements of the input are in no window.
/// </content>
internal static partial class VjpRules
{
    /// <summary>Most elements of an example's columns for which a weight gradient is a matrix product: 4 MiB of floats.</summary>
    private const long MostColumnElements = 1 << 20;

    private static IEnumerable<KeyValuePair<string, VjpRule>> Convolution =>
        [
            Row("Conv", Conv),
            Row("ConvTranspose", ConvTranspose),
            Row("MaxPool", MaxPool),
            Row("AveragePool", AveragePool),
            // y [N, C, 1...] = mean of x [N, C, H...]: dx = g / (H ...), expanded
            Row("GlobalAveragePool", c => [MeanGradient(c, c[0], c.G)]),
            // y [N, C, 1...] = max of x [N, C, H...]: ties share the gradient evenly
            Row("GlobalMaxPool", c => [MaxGradient(c, c[0], c.Y, c.G, SpatialAxes(c[0]))]),
        ];

    // y [N, O, o...] = conv(x [N, C, H...], w [O, C/group, k...]) + bias [O]:
    // dx = convT(g, w), dw = T(conv(T(x), T(g))) with strides and dilations exchanged, dbias = sum of g over all axes but 1
    private static IReadOnlyList<Value?> Conv(VjpContext c)
    {
        Window window = Window.Of(c, c[0], c.Y, [.. c[1].Shape.Skip(2).Select(d => d.Size)]);
        long group = c.Node.Attributes.Int("group", 1);
        Value?[] result =
        [
            c.If(0, () => window.Spread(c.B, c.G, c[1], group)),
            c.If(1, () => WeightGradient(c, window, c[0], c.G, group)),
            c.If(2, () => c.B.ReduceSum(c.G, [0, .. SpatialAxes(c.G)], keepDims: false)),
        ];
        return result[..c.Node.Inputs.Count];
    }

    // y [N, O, H...] = convT(x [N, C, o...], w [C, O/group, k...]) + bias [O], the transpose of a convolution from y to x:
    // dx = conv(g, w), dw as of that convolution with input g and output gradient x, dbias = sum of g over all axes but 1
    private static IReadOnlyList<Value?> ConvTranspose(VjpContext c)
    {
        Window window = Window.Of(c, c.Y, c[0], [.. c[1].Shape.Skip(2).Select(d => d.Size)]);
        long group = c.Node.Attributes.Int("group", 1);
        Value?[] result =
        [
            c.If(0, () => window.Collect(c.B, c.G, c[1], group)),
            c.If(1, () => WeightGradient(c, window, c.G, c[0], group)),
            c.If(2, () => c.B.ReduceSum(c.G, [0, .. SpatialAxes(c.G)], keepDims: false)),
        ];
        return result[..c.Node.Inputs.Count];
    }

    // dw [O, C/group, k...] of the convolution from x [N, C, H...] to y [N, O, o...]: as one product of rows and columns, in ONNX Runtime two to
    // four times as fast as the convolution. That is left where columns do not pay, and for groups, one by one, since T mixes channels and batch.
    private static Value WeightGradient(VjpContext c, Window window, Value x, Value g, long group)
    {
        GraphBuilder b = c.B;
        if (group == 1 && g.Shape[1].IsKnown && window.HasColumns(x, MostColumnElements))
        {
            return window.WeightGradient(b, window.Columns(b, x), Window.Rows(b, g), x.Shape[1].Size);
        }

        Value cropped = window.Crop(b, x);
        if (group == 1)
        {
            return One(cropped, g);
        }

        IReadOnlyList<Value> xs = b.Split(cropped, 1, Parts(x));
        IReadOnlyList<Value> gs = b.Split(g, 1, Parts(g));
        return b.Concat(0, xs.Zip(gs, One));

        long[] Parts(Value v) => [.. Enumerable.Repeat(v.Shape[1].Size / group, (int)group)];

        Value One(Value xPart, Value gPart) =>
            SwapFirst(
                b,
                b.Conv(
                    SwapFirst(b, xPart),
                    SwapFirst(b, gPart),
                    strides: window.Dilations,
                    dilations: window.Strides,
                    pads: [.. window.Begin, .. window.Tail.Select(t => Math.Max(0, t))]
                )
            );
    }

    private static Value SwapFirst(GraphBuilder b, Value x) =>
        b.Transpose(x, [1, 0, .. Enumerable.Range(2, x.Rank - 2).Select(i => (long)i)]);

    // y [N, C, o...] = max over windows of x [N, C, H...]: dx gets g at the position of the maximum, the first one where several are equal,
    // as in libtorch. Positions come from the second output of MaxPool, which counts over the whole tensor.
    private static IReadOnlyList<Value?> MaxPool(VjpContext c)
    {
        GraphBuilder b = c.B;
        bool rows = c.Node.Attributes.Int("storage_order", 0) == 0;
        Value at = rows && c.Node.Outputs.Count > 1 && c.Node.Outputs[1] is { } given ? given : Positions(c);
        Value count = c[0].Shape.IsKnown ? b.Ints(c[0].Shape.ElementCount.Size) : b.Reshape(b.SizeOf(c[0]), 1);
        Value flat = b.ConstantOfShape(count, new Tensor(c[0].Type, [1], new byte[c[0].Type.Size()]));
        Value sum = b.ScatterElements(flat, b.Reshape(at, -1), b.Reshape(c.G, -1), 0, "add");
        return [c.Reshape(sum, c.Sizes(c[0]))];
    }

    // Row by row, whatever order the node itself counts in.
    private static Value Positions(VjpContext c)
    {
        IEnumerable<(string, object?)> attributes = c
            .Node.Attributes.All.Where(a => a.Key != "storage_order")
            .Select(a => (a.Key, (object?)a.Value));
        return c.B.Ops("MaxPool", 2, [c[0]], new Attributes(attributes))[1];
    }

    // y [N, C, o...] = sum of each window of x [N, C, H...] / n, n [1, 1, o...] the elements that count in it: dx = convT(g / n, ones) per channel
    private static IReadOnlyList<Value?> AveragePool(VjpContext c)
    {
        GraphBuilder b = c.B;
        long[] kernel = c.Node.Attributes.Ints("kernel_shape")!;
        Window window = Window.Of(c, c[0], c.Y, kernel);
        bool countPads = c.Node.Attributes.Int("count_include_pad", 0) != 0;
        double[] counts = window.Counts(countPads);
        Value n = b.Constant(Numbers(c.Y.Type, counts, [1, 1, .. window.Output]));
        Value ones = b.Constant(
            Numbers(c.Y.Type, [.. Enumerable.Repeat(1.0, (int)kernel.Aggregate(1L, (p, k) => p * k))], [1, 1, .. kernel])
        );
        Value share = b.Reshape(b.Div(c.G, n), [-1, 1, .. window.Output]);
        return [c.Reshape(window.Spread(b, share, ones, 1), c.Sizes(c[0]))];
    }

    private static Tensor Numbers(ElementType type, double[] values, long[] sizes) =>
        type switch
        {
            ElementType.Double => Tensor.Of<double>(values, sizes),
            ElementType.Float16 => Tensor.Of<Half>([.. values.Select(v => (Half)v)], sizes),
            _ => Tensor.Of<float>([.. values.Select(v => (float)v)], sizes),
        };

    private static long[] SpatialAxes(Value x) => [.. Enumerable.Range(2, x.Rank - 2).Select(i => (long)i)];
}
