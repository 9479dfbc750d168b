using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Rules;

/// <summary>The geometry of a sliding window from an input of known spatial sizes to its output, and the linear maps along and against it.</summary>
internal sealed class Window
{
    private const long LeastChannels = 16;
    private const long MostTurnedAsOne = 1 << 16;

    private readonly long[] input;
    private readonly long[] kernel;
    private readonly long[] end;

    private Window(long[] input, long[] output, WindowAttributes attributes)
    {
        this.input = input;
        Output = output;
        kernel = [.. attributes.Kernel];
        Strides = [.. attributes.Strides];
        Dilations = [.. attributes.Dilations];
        Begin = [.. input.Select((_, i) => attributes.Begin(i))];
        end = [.. input.Select((_, i) => attributes.End(i))];
        Tail = [.. input.Select((size, i) => (Strides[i] * (output[i] - 1)) + attributes.Extent(i) - size - Begin[i])];
    }

    /// <summary>Spatial sizes of the output.</summary>
    public long[] Output { get; }

    public long[] Strides { get; }

    public long[] Dilations { get; }

    /// <summary>Padding before the input.</summary>
    public long[] Begin { get; }

    /// <summary>How far the last window reaches behind the input; negative: how many elements it leaves out.</summary>
    public long[] Tail { get; }

    /// <summary>Taps of a window, over all axes.</summary>
    private int Taps => (int)kernel.Aggregate(1L, (product, size) => product * size);

    /// <summary>The window of a node that goes from <paramref name="x"/> to <paramref name="y"/>.</summary>
    /// <exception cref="GraphException">A spatial size is known only at run time.</exception>
    public static Window Of(VjpContext c, Value x, Value y, long[] kernel) =>
        IsKnown(x, y) ? Of(c.Node, x, y, kernel) : throw c.Fail($"spatial sizes must be known, got {x.Shape} and {y.Shape}");

    /// <summary>Whether the geometry between two values can be told.</summary>
    public static bool IsKnown(Value x, Value y) => x.Shape.Skip(2).Concat(y.Shape.Skip(2)).All(d => d.IsKnown);

    /// <summary>The same for a node whose sizes are known.</summary>
    public static Window Of(Node node, Value x, Value y, long[] kernel)
    {
        WindowAttributes attributes = WindowAttributes.Of(node, x.Rank - 2, kernel);
        long[] sizes = [.. x.Shape.Skip(2).Select(d => d.Size)];
        for (int i = 0; i < sizes.Length; i++)
        {
            attributes = attributes.Resolve(i, sizes[i]);
        }

        return new Window(sizes, [.. y.Shape.Skip(2).Select(d => d.Size)], attributes);
    }

    /// <summary>From output to input: y [N, O, o...], w [O, C/group, k...] -> [N, C, H...], the transpose of <see cref="Collect"/>.</summary>
    public Value Spread(GraphBuilder b, Value y, Value w, long group) =>
        b.ConvTranspose(
            y,
            w,
            null,
            Strides,
            [.. Begin, .. Tail.Select(t => Math.Max(0, t))],
            Dilations,
            group,
            [.. Tail.Select(t => Math.Max(0, -t))]
        );

    /// <summary>From input to output: x [N, C, H...], w [O, C/group, k...] -> [N, O, o...].</summary>
    public Value Collect(GraphBuilder b, Value x, Value w, long group) =>
        b.Conv(Crop(b, x), w, null, Strides, [.. Begin, .. Tail.Select(t => Math.Max(0, t))], Dilations, group);

    /// <summary>
    /// Whether <see cref="Columns"/> of one example have at most so many elements, and channels enough: they are gathered by runs of channels.
    /// </summary>
    public bool HasColumns(Value x, long most) =>
        x.Shape[1] is { IsKnown: true, Size: >= LeastChannels and var channels }
        && kernel.Concat(Output).Aggregate((double)channels, (product, size) => product * size) <= most;

    /// <summary>How many windows see one element of the input at most.</summary>
    public long Overlap =>
        kernel.Zip(Strides, (size, stride) => (size + stride - 1) / stride).Aggregate(1L, (product, count) => product * count);

    /// <summary>
    /// What the windows see, one row for each place of the output (im2col): x [N, C, H...] -> [N o..., k... C], so that a convolution is a product with
    /// the weight [k... C, O].
    /// </summary>
    public Value Columns(GraphBuilder b, Value x)
    {
        long channels = x.Shape[1].Size;
        long[] tail = [.. Tail.Select(t => Math.Max(0, t))];
        Value last = ChannelsLast(b, x);
        last = Begin.Concat(tail).All(p => p == 0) ? last : b.Pad(last, b.Ints([0, .. Begin, 0, 0, .. tail, 0]));
        long[] padded = [.. input.Select((size, i) => size + Begin[i] + tail[i])];
        Value taken = b.Gather(b.Reshape(last, 0, -1, channels), b.Ints(Places(padded)), 1);
        return b.Reshape(taken, -1, Taps * channels);
    }

    /// <summary>The convolution of <see cref="Columns"/> with w [O, C, k...] and maybe a bias [O]: [N o..., O].</summary>
    public Value Product(GraphBuilder b, Value columns, Value w, Value? bias)
    {
        (long filters, long channels) = (w.Shape[0].Size, w.Shape[1].Size);
        if (IsSmall(filters, channels))
        {
            Value transposed = b.Transpose(b.Reshape(w, filters, channels * Taps), 1, 0);
            return b.Gemm(columns, b.Gather(transposed, b.Ints(Order(channels, Taps))), bias);
        }

        Value swapped = b.Transpose(b.Reshape(w, filters, channels, Taps), 0, 2, 1);
        return b.Gemm(columns, b.Reshape(swapped, filters, Taps * channels), bias, transB: true);
    }

    /// <summary>The convolution of <see cref="Columns"/>, each channel with its own w [C, 1, k...] and maybe a bias [C]: [N o..., C].</summary>
    public Value DepthwiseProduct(GraphBuilder b, Value columns, Value w, Value? bias)
    {
        long channels = w.Shape[0].Size;
        Value weights = b.Transpose(b.Reshape(w, channels, Taps), 1, 0);
        Value sums = b.ReduceSum(b.Mul(b.Reshape(columns, -1, Taps, channels), weights), [1], keepDims: false);
        return bias is null ? sums : b.Add(sums, bias);
    }

    /// <summary>The gradient of w [O, C, k...] in <see cref="Product"/>, from that of its result.</summary>
    public Value WeightGradient(GraphBuilder b, Value columns, Value rows, long channels)
    {
        long filters = rows.Shape[1].Size;
        if (IsSmall(filters, channels))
        {
            Value transposed = b.Gather(b.Gemm(columns, rows, transA: true), b.Ints(Order(Taps, channels)));
            return b.Reshape(b.Transpose(transposed, 1, 0), [filters, channels, .. kernel]);
        }

        Value swapped = b.Reshape(b.Gemm(rows, columns, transA: true), filters, Taps, channels);
        return b.Reshape(b.Transpose(swapped, 0, 2, 1), [filters, channels, .. kernel]);
    }

    /// <summary>The output as rows: y [N, O, o...] -> [N o..., O].</summary>
    public static Value Rows(GraphBuilder b, Value y) => b.Reshape(ChannelsLast(b, y), -1, y.Shape[1].Size);

    /// <summary>The inverse of <see cref="Rows"/>.</summary>
    public Value Images(GraphBuilder b, Value rows) =>
        b.Transpose(
            b.Reshape(rows, [-1, .. Output, rows.Shape[1].Size]),
            [0, Output.Length + 1, .. Enumerable.Range(1, Output.Length).Select(i => (long)i)]
        );

    /// <summary>The input without the elements that no window reaches.</summary>
    public Value Crop(GraphBuilder b, Value x)
    {
        int[] axes = [.. Enumerable.Range(0, Tail.Length).Where(i => Tail[i] < 0)];
        return axes.Length == 0
            ? x
            : b.Slice(
                x,
                b.Ints([.. axes.Select(_ => 0L)]),
                b.Ints([.. axes.Select(i => input[i] + Tail[i])]),
                b.Ints([.. axes.Select(i => i + 2L)])
            );
    }

    /// <summary>Elements of each window that lie in the input, or with <paramref name="pads"/> in the padded input; row-major over the output.</summary>
    public double[] Counts(bool pads)
    {
        double[] counts = [1];
        for (int i = 0; i < Output.Length; i++)
        {
            long low = pads ? -Begin[i] : 0;
            long high = input[i] + (pads ? end[i] : 0);
            int axis = i;
            double[] along =
            [
                .. Enumerable
                    .Range(0, (int)Output[i])
                    .Select(o => (o * Strides[axis]) - Begin[axis])
                    .Select(start => (double)(Math.Min(start + kernel[axis], high) - Math.Max(start, low))),
            ];
            counts = [.. counts.SelectMany(count => along.Select(n => count * n))];
        }

        return counts;
    }

    private static Value ChannelsLast(GraphBuilder b, Value x) =>
        b.Transpose(x, [0, .. Enumerable.Range(2, x.Rank - 2).Select(i => (long)i), 1]);

    // Whether the weight is turned as one matrix, with its rows put in order, instead of as many small ones: ONNX Runtime spreads those over its threads one
    // by one, which takes longer than turning them; for large weights the second way through memory does.
    private bool IsSmall(long filters, long channels) => (double)filters * channels * Taps <= MostTurnedAsOne;

    // Where the rows of [outer, inner] lie, read in the order of [inner, outer].
    private static long[] Order(long outer, long inner)
    {
        long[] places = new long[outer * inner];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (i % outer * inner) + (i / outer);
        }

        return places;
    }

    // Where the taps of each window lie in an input of these sizes that begins with the padding; row-major.
    private long[] Places(long[] padded)
    {
        long[] places = [0];
        long[] taps = [0];
        for (int i = 0; i < padded.Length; i++)
        {
            int axis = i;
            places = [.. places.SelectMany(at => Range(Output[axis]).Select(o => (at * padded[axis]) + (o * Strides[axis])))];
            taps = [.. taps.SelectMany(at => Range(kernel[axis]).Select(k => (at * padded[axis]) + (k * Dilations[axis])))];
        }

        return [.. places.SelectMany(place => taps.Select(tap => place + tap))];

        static IEnumerable<long> Range(long count) => Enumerable.Range(0, (int)count).Select(i => (long)i);
    }
}
