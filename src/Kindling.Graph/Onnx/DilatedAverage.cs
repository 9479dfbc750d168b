namespace Kindling.Graphs.Onnx;

/// <summary>
/// Mean pooling whose windows have gaps, which op set 17 has not: a convolution with ones of each channel, divided by the number of elements that each window counts.
/// </summary>
internal static class DilatedAverage
{
    private const int MostElements = 1 << 24;

    /// <summary>Rewrites a node if its windows have gaps.</summary>
    public static void Convert(NodeForm form)
    {
        long[]? dilations = form.Ints("dilations");
        if (dilations is null || dilations.All(d => d == 1))
        {
            return;
        }

        GraphBuilder b = form.Builder;
        Value x = form.Input(0);
        long[] kernel = form.Ints("kernel_shape") ?? throw new GraphException($"{form.Where}: attribute 'kernel_shape' is missing.");
        if (x.Rank != kernel.Length + 2 || dilations.Length != kernel.Length || !x.Shape.Skip(1).All(d => d.IsKnown))
        {
            throw new GraphException(
                $"{form.Where}: with dilations, expected as many of them as the kernel has sizes, {kernel.Length}, and known sizes behind the first; got {dilations.Length} and {x.Shape}."
            );
        }

        bool countsPads = form.Int("count_include_pad", 0) != 0;
        bool ceil = form.Int("ceil_mode", 0) != 0;
        long channels = x.Shape[1].Size;
        long[] ones = [.. kernel.Select(_ => 1L)];
        long[] strides = form.Ints("strides") ?? ones;
        long[] pads = form.Ints("pads") ?? new long[2 * kernel.Length];
        if (form.Text("auto_pad", "NOTSET") is not "NOTSET" and var automatic)
        {
            throw new GraphException($"{form.Where}: auto_pad {automatic} with dilations is not supported; give pads.");
        }

        // what the last window needs behind the padding; from op set 22 on it does not count
        long[] tail = [.. kernel.Select((size, i) => ceil ? Tail(size, i) : 0)];
        long[] begin = pads[..kernel.Length];
        long[] end = pads[kernel.Length..];
        Value image = b.Constant(Filled([1, 1, .. x.Shape.Skip(2).Select(d => d.Size)]));
        Value inner = b.Pad(image, Around(begin, end), b.Scalar(countsPads ? 1 : 0));
        Value marked = b.Pad(inner, Around(new long[kernel.Length], tail), b.Scalar(countsPads && form.Opset < 22 ? 1 : 0));
        Value padded = b.Pad(x, Around(begin, [.. end.Zip(tail, (e, t) => e + t)]));
        Value sums = b.Conv(padded, b.Constant(Filled([channels, 1, .. kernel])), null, strides, null, dilations, channels);
        Value counts = b.Conv(marked, b.Constant(Filled([1, 1, .. kernel])), null, strides, null, dilations);
        form.OpType = "Div";
        form.Inputs = [sums, counts];

        Value Around(long[] before, long[] after) => b.Ints([0, 0, .. before, 0, 0, .. after]);

        // windows begin within the input and its padding before it
        long Tail(long size, int axis)
        {
            long length = x.Shape[axis + 2].Size + pads[axis];
            long span = length + pads[axis + kernel.Length] - ((dilations[axis] * (size - 1)) + 1);
            long count = ((span + strides[axis] - 1) / strides[axis]) + 1;
            count = (count - 1) * strides[axis] >= length ? count - 1 : count;
            return Math.Max(0, ((count - 1) * strides[axis]) - span);
        }
    }

    private static Tensor Filled(long[] sizes)
    {
        double count = sizes.Aggregate(1.0, (product, size) => product * size);
        return count <= MostElements
            ? Tensor.Of<float>([.. Enumerable.Repeat(1f, (int)count)], sizes)
            : throw new GraphException($"a window or image of sizes [{string.Join(", ", sizes)}] has more than {MostElements} elements.");
    }
}
