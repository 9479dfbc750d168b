namespace Kindling.Graphs.Ops;

/// <summary>Strides, dilations and pads of a sliding window with their defaults filled in and automatic padding resolved.</summary>
public sealed class WindowAttributes
{
    private readonly string autoPad;

    private WindowAttributes(string autoPad, long[] kernel, long[] strides, long[] dilations, long[] pads)
    {
        this.autoPad = autoPad;
        Kernel = kernel;
        Strides = strides;
        Dilations = dilations;
        Pads = pads;
    }

    /// <summary>Window size per spatial axis.</summary>
    public IReadOnlyList<long> Kernel { get; }

    /// <summary>Step per spatial axis.</summary>
    public IReadOnlyList<long> Strides { get; }

    /// <summary>Distance of taps per spatial axis.</summary>
    public IReadOnlyList<long> Dilations { get; }

    /// <summary>Pads: all begins, then all ends.</summary>
    public IReadOnlyList<long> Pads { get; }

    /// <summary>Whether pads follow from the input size (SAME_UPPER, SAME_LOWER).</summary>
    public bool IsAutomatic => autoPad.StartsWith("SAME", StringComparison.Ordinal);

    /// <summary>Padding before the first element.</summary>
    public long Begin(int axis) => Pads[axis];

    /// <summary>Padding after the last element.</summary>
    public long End(int axis) => Pads[axis + Kernel.Count];

    /// <summary>Elements that a dilated window spans.</summary>
    public long Extent(int axis) => (Dilations[axis] * (Kernel[axis] - 1)) + 1;

    /// <summary>The attributes of a node with <paramref name="spatial"/> spatial axes.</summary>
    public static WindowAttributes Of(Node node, int spatial, IReadOnlyList<long> kernel)
    {
        long[] ones = [.. Enumerable.Repeat(1L, spatial)];
        WindowAttributes window = new(
            node.Attributes.Text("auto_pad", "NOTSET"),
            [.. kernel],
            node.Attributes.Ints("strides", ones),
            node.Attributes.Ints("dilations", ones),
            node.Attributes.Ints("pads", new long[2 * spatial])
        );
        return
            window.Kernel.Count == spatial
            && window.Strides.Count == spatial
            && window.Dilations.Count == spatial
            && window.Pads.Count == 2 * spatial
            && window.Strides.All(s => s > 0)
            && window.Dilations.All(d => d > 0)
            && window.Pads.All(p => p >= 0)
            ? window
            : throw new GraphException(
                $"Node {node}: with {spatial} spatial axes, expected as many kernel sizes, positive strides and dilations and twice as many pads of 0 or more, "
                    + $"got kernel [{string.Join(", ", window.Kernel)}], strides [{string.Join(", ", window.Strides)}], "
                    + $"dilations [{string.Join(", ", window.Dilations)}], pads [{string.Join(", ", window.Pads)}]."
            );
    }

    /// <summary>The same with the automatic padding of one axis worked out for an input of <paramref name="size"/>.</summary>
    public WindowAttributes Resolve(int axis, long size)
    {
        if (!IsAutomatic)
        {
            return this;
        }

        long count = (size + Strides[axis] - 1) / Strides[axis];
        long total = Math.Max(0, ((count - 1) * Strides[axis]) + Extent(axis) - size);
        long less = total / 2;
        long[] pads = [.. Pads];
        pads[axis] = autoPad == "SAME_UPPER" ? less : total - less;
        pads[axis + Kernel.Count] = total - pads[axis];
        return new WindowAttributes(autoPad, [.. Kernel], [.. Strides], [.. Dilations], pads);
    }
}
