using Kindling.Graphs;
using Kindling.Graphs.Ops;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kindling.Train.Torch;

/// <content>Products, convolution and pooling.</content>
internal static partial class TorchOperators
{
    private static Func<Tensor?[], Tensor[]> Gemm(Node node, TorchTarget target)
    {
        float alpha = node.Attributes.Float("alpha", 1);
        Scalar factor = alpha;
        float beta = node.Attributes.Float("beta", 1);
        Scalar addend = beta;
        bool transA = node.Attributes.Int("transA", 0) != 0;
        bool transB = node.Attributes.Int("transB", 0) != 0;
        return One(i =>
        {
            Tensor a = transA ? i[0]!.t() : i[0]!;
            Tensor b = transB ? i[1]!.t() : i[1]!;
            if (i.ElementAtOrDefault(2) is not { } c)
            {
                Tensor product = target.Product(a, b);
                return alpha == 1 ? product : product.mul(factor);
            }

            return target.Products is null ? addmm(c, a, b, beta, alpha) : target.Product(a, b).mul(factor).add(c, addend);
        });
    }

    private static Func<Tensor?[], Tensor[]> Conv(Node node)
    {
        int spatial = node.Inputs[0]!.Rank - 2;
        WindowAttributes window = Window(node, [.. node.Inputs[1]!.Shape.Skip(2).Select(d => d.Size)]);
        long group = node.Attributes.Int("group", 1);
        long[] strides = [.. window.Strides];
        long[] dilations = [.. window.Dilations];
        return One(i =>
        {
            (Tensor x, long[] pads) = PadUnevenly(i[0]!, window, 0);
            Tensor? bias = i.ElementAtOrDefault(2);
            return spatial switch
            {
                1 => F.conv1d(x, i[1]!, bias, strides[0], pads[0], dilations[0], group),
                2 => F.conv2d(x, i[1]!, bias, strides, pads, dilations, group),
                3 => F.conv3d(x, i[1]!, bias, strides, pads, dilations, group),
                _ => throw new GraphException($"Node {node}: convolution over {spatial} axes is not supported (1 to 3 are)."),
            };
        });
    }

    private static Func<Tensor?[], Tensor[]> ConvTranspose(Node node)
    {
        int spatial = node.Inputs[0]!.Rank - 2;
        WindowAttributes window = Window(node, [.. node.Inputs[1]!.Shape.Skip(2).Select(d => d.Size)]);
        long group = node.Attributes.Int("group", 1);
        long[] strides = [.. window.Strides];
        long[] dilations = [.. window.Dilations];
        long[] outputPadding = node.Attributes.Ints("output_padding", new long[spatial]);
        bool even = Enumerable.Range(0, spatial).All(a => window.Begin(a) == window.End(a));
        bool fits = even && Enumerable.Range(0, spatial).All(a => outputPadding[a] < Math.Max(strides[a], dilations[a]));
        long[] pads = [.. Enumerable.Range(0, spatial).Select(a => fits ? window.Begin(a) : 0)];
        return One(i =>
        {
            Tensor? bias = fits ? i.ElementAtOrDefault(2) : null;
            long[] extra = fits ? outputPadding : new long[spatial];
            Tensor y = spatial switch
            {
                1 => F.conv_transpose1d(i[0]!, i[1]!, bias, strides[0], pads[0], extra[0], dilation: dilations[0], groups: group),
                2 => F.conv_transpose2d(i[0]!, i[1]!, bias, strides, pads, extra, dilation: dilations, groups: group),
                3 => F.conv_transpose3d(i[0]!, i[1]!, bias, strides, pads, extra, dilation: dilations, groups: group),
                _ => throw new GraphException($"Node {node}: transposed convolution over {spatial} axes is not supported (1 to 3 are)."),
            };
            if (fits)
            {
                return y;
            }

            // Pads that differ by side, or output padding that libtorch refuses: run without either, then cut or fill each side.
            List<long> sides = [];
            for (int a = spatial - 1; a >= 0; a--)
            {
                sides.AddRange([-window.Begin(a), outputPadding[a] - window.End(a)]);
            }

            Tensor cut = F.pad(y, [.. sides], PaddingModes.Constant, 0);
            return i.ElementAtOrDefault(2) is { } shift ? Add(cut, shift.reshape([-1, .. Enumerable.Repeat(1L, spatial)])) : cut;
        });
    }

    private static Func<Tensor?[], Tensor[]> MaxPool(Node node)
    {
        int spatial = node.Inputs[0]!.Rank - 2;
        WindowAttributes window = Window(node, node.Attributes.Ints("kernel_shape")!);
        bool ceil = node.Attributes.Int("ceil_mode", 0) != 0;
        bool indices = node.Outputs.Count > 1 && node.Outputs[1] is not null;
        long[] kernel = [.. window.Kernel];
        long[] strides = [.. window.Strides];
        long[] dilations = [.. window.Dilations];
        return i =>
        {
            (Tensor x, long[] pads) = PadUnevenly(i[0]!, window, double.NegativeInfinity, kernel);
            if (indices)
            {
                return MaxPoolWithIndices(node, window, i[0]!, x, pads);
            }

            return
            [
                spatial switch
                {
                    1 => F.max_pool1d(x, kernel[0], strides[0], pads[0], dilations[0], ceil),
                    2 => F.max_pool2d(x, kernel, strides, pads, dilations, ceil),
                    3 => F.max_pool3d(x, kernel, strides, pads, dilations, ceil),
                    _ => throw new GraphException($"Node {node}: pooling over {spatial} axes is not supported (1 to 3 are)."),
                },
            ];
        };
    }

    // ONNX counts indices over the whole tensor, libtorch within one channel, with pads that were put around it before.
    private static Tensor[] MaxPoolWithIndices(Node node, WindowAttributes window, Tensor original, Tensor x, long[] pads)
    {
        bool ceil = node.Attributes.Int("ceil_mode", 0) != 0;
        (long[] kernel, long[] strides, long[] dilations) = ([.. window.Kernel], [.. window.Strides], [.. window.Dilations]);
        (Tensor y, Tensor at) = kernel.Length switch
        {
            1 => F.max_pool1d_with_indices(x, kernel[0], strides[0], pads[0], dilations[0], ceil),
            2 => F.max_pool2d_with_indices(x, kernel, strides, pads, dilations, ceil),
            3 => F.max_pool3d_with_indices(x, kernel, strides, pads, dilations, ceil),
            _ => throw new GraphException($"Node {node}: pooling over {kernel.Length} axes is not supported (1 to 3 are)."),
        };
        bool columns = node.Attributes.Int("storage_order", 0) != 0;
        long[] sizes = original.shape[2..];
        if (columns || !ReferenceEquals(original, x))
        {
            at = Recounted(at, x.shape[2..], sizes, Begins(window, original, x), columns);
        }

        long plane = sizes.Aggregate(1L, (a, b) => a * b);
        long[] shape = [x.shape[0], x.shape[1], .. Enumerable.Repeat(1L, kernel.Length)];
        using Tensor offsets = Range(0, plane, x.shape[0] * x.shape[1]).reshape(shape).to(x.device);
        return [y, Add(at, offsets)];
    }

    private static long[] Begins(WindowAttributes window, Tensor original, Tensor x)
    {
        long[] begins = new long[window.Kernel.Count];
        for (int a = 0; a < begins.Length && !ReferenceEquals(original, x); a++)
        {
            begins[a] = window.Resolve(a, original.shape[a + 2]).Begin(a);
        }

        return begins;
    }

    // Places counted row by row in a padded plane, as they are without pads, row by row or column by column.
    private static Tensor Recounted(Tensor at, long[] padded, long[] sizes, long[] begins, bool columns)
    {
        Tensor[] along = new Tensor[sizes.Length];
        for (int a = sizes.Length - 1; a >= 0; a--)
        {
            using Tensor size = tensor(padded[a]);
            using Tensor begin = tensor(begins[a]);
            along[a] = at.remainder(size).sub(begin);
            at = at.div(size, RoundingMode.floor);
        }

        IEnumerable<int> order = Enumerable.Range(0, sizes.Length);
        return (columns ? order.Reverse() : order).Aggregate(
            zeros_like(along[0]),
            (sum, a) =>
            {
                using Tensor size = tensor(sizes[a]);
                return Add(sum.mul(size), along[a]);
            }
        );
    }

    private static Func<Tensor?[], Tensor[]> AveragePool(Node node)
    {
        int spatial = node.Inputs[0]!.Rank - 2;
        WindowAttributes window = Window(node, node.Attributes.Ints("kernel_shape")!);
        bool ceil = node.Attributes.Int("ceil_mode", 0) != 0;
        bool countPads = node.Attributes.Int("count_include_pad", 0) != 0;
        long[] kernel = [.. window.Kernel];
        long[] strides = [.. window.Strides];
        return One(i =>
        {
            (Tensor x, long[] pads) = PadUnevenly(i[0]!, window, 0, kernel);
            Tensor y = Pool(node, spatial, x, kernel, strides, pads, ceil, countPads);
            if (countPads || ReferenceEquals(x, i[0]))
            {
                return y;
            }

            // Padded by hand: divide by the share of each window that lies inside.
            using Tensor ones = ones_like(i[0]!);
            (Tensor inside, _) = PadUnevenly(ones, window, 0, kernel);
            return y / Pool(node, spatial, inside, kernel, strides, pads, ceil, countPads: true);
        });
    }

    private static Tensor Pool(Node node, int spatial, Tensor x, long[] kernel, long[] strides, long[] pads, bool ceil, bool countPads) =>
        spatial switch
        {
            1 => F.avg_pool1d(x, kernel[0], strides[0], pads[0], ceil, countPads),
            2 => F.avg_pool2d(x, kernel, strides, pads, ceil, countPads),
            3 => F.avg_pool3d(x, kernel, strides, pads, ceil, countPads),
            _ => throw new GraphException($"Node {node}: pooling over {spatial} axes is not supported (1 to 3 are)."),
        };

    private static WindowAttributes Window(Node node, IReadOnlyList<long> kernel) =>
        WindowAttributes.Of(node, node.Inputs[0]!.Rank - 2, kernel);

    // libtorch pads both sides alike and pools at most half a window; anything else is padded beforehand.
    private static (Tensor X, long[] Pads) PadUnevenly(Tensor x, WindowAttributes window, double fill, long[]? poolKernel = null)
    {
        int spatial = window.Kernel.Count;
        for (int a = 0; a < spatial; a++)
        {
            window = window.Resolve(a, x.shape[a + 2]);
        }

        bool even = Enumerable
            .Range(0, spatial)
            .All(a => window.Begin(a) == window.End(a) && (poolKernel is null || 2 * window.Begin(a) <= poolKernel[a]));
        if (even)
        {
            return (x, [.. Enumerable.Range(0, spatial).Select(window.Begin)]);
        }

        List<long> sides = [];
        for (int a = spatial - 1; a >= 0; a--)
        {
            sides.AddRange([window.Begin(a), window.End(a)]);
        }

        return (F.pad(x, [.. sides], PaddingModes.Constant, fill), new long[spatial]);
    }
}
