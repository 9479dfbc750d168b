using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Rules;

/// <summary>The geometry of a sliding window from an input of known spatial sizes to its output, and the linear maps along and against it.</summary>
internal sealed class Window
{
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

    /// <summary>The window of a node that goes from <paramref name="x"/> to <paramref name="y"/>.</summary>
    /// <exception cref="GraphException">A spatial size is known only at run time.</exception>
    public static Window Of(VjpContext c, Value x, Value y, long[] kernel)
    {
        if (!x.Shape.Skip(2).Concat(y.Shape.Skip(2)).All(d => d.IsKnown))
        {
            throw c.Fail($"spatial sizes must be known, got {x.Shape} and {y.Shape}");
        }

        WindowAttributes attributes = WindowAttributes.Of(c.Node, x.Rank - 2, kernel);
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
}
