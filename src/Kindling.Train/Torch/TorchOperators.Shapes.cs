using Kindling.Graphs;
using Kindling.Graphs.Ops;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kindling.Train.Torch;

/// <content>Operators that move elements, and indexing.</content>
internal static partial class TorchOperators
{
    private static Tensor ShapeOf(Node node, Tensor x)
    {
        int rank = (int)x.dim();
        int Clamp(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
        int start = Clamp(node.Attributes.Int("start", 0));
        int end = Clamp(node.Attributes.Int("end", rank));
        return tensor(x.shape[start..Math.Max(start, end)], dtype: ScalarType.Int64);
    }

    private static Func<Tensor?[], Tensor[]> ConstantOfShape(Node node, TorchTarget target)
    {
        Graphs.Tensor value = node.Attributes.Tensor("value") ?? Graphs.Tensor.Vector(0f);
        Tensor fill = TorchTensors.From(value, target.Real, target.Device).reshape([]).DetachFromDisposeScope();
        return One(i => fill.expand(Longs(node, 0, i)).clone());
    }

    private static Func<Tensor?[], Tensor[]> EyeLike(Node node, TorchTarget target)
    {
        ScalarType type = TorchTensors.ToScalarType((ElementType)node.Attributes.Int("dtype", (long)node.Inputs[0]!.Type), target.Real);
        long k = node.Attributes.Int("k", 0);
        return One(i => ones(i[0]!.shape, dtype: type, device: i[0]!.device).triu(k).tril(k));
    }

    private static Tensor CumSum(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        long axis = Longs(node, 1, inputs)[0];
        bool reverse = node.Attributes.Int("reverse", 0) != 0;
        Tensor sum = (reverse ? x.flip(axis) : x).cumsum(axis);
        if (node.Attributes.Int("exclusive", 0) != 0 && x.numel() > 0)
        {
            long size = x.shape[axis < 0 ? axis + x.dim() : axis];
            sum = cat([zeros_like(x.narrow(axis, 0, 1)), sum.narrow(axis, 0, size - 1)], axis);
        }

        return reverse ? sum.flip(axis) : sum;
    }

    private static Tensor Trilu(Node node, Tensor x, long k) => node.Attributes.Int("upper", 1) != 0 ? x.triu(k) : x.tril(k);

    private static Func<Tensor?[], Tensor[]> Reshape(Node node)
    {
        bool allowZero = node.Attributes.Int("allowzero", 0) != 0;
        return One(i =>
        {
            long[] given = Longs(node, 1, i);
            return i[0]!.reshape([.. given.Select((d, a) => d == 0 && !allowZero ? i[0]!.shape[a] : d)]);
        });
    }

    private static Func<Tensor?[], Tensor[]> Flatten(Node node)
    {
        long axis = node.Attributes.Int("axis", 1);
        return One(i =>
        {
            long[] shape = i[0]!.shape;
            int at = (int)(axis < 0 ? axis + shape.Length : axis);
            return i[0]!.reshape(shape.Take(at).Aggregate(1L, (a, b) => a * b), shape.Skip(at).Aggregate(1L, (a, b) => a * b));
        });
    }

    private static Func<Tensor?[], Tensor[]> Transpose(Node node)
    {
        int rank = node.Inputs[0]!.Rank;
        long[] perm = node.Attributes.Ints("perm", [.. Enumerable.Range(0, rank).Reverse().Select(a => (long)a)]);
        return One(i => i[0]!.permute(perm));
    }

    private static Func<Tensor?[], Tensor[]> Squeeze(Node node) =>
        One(i =>
        {
            int rank = (int)i[0]!.dim();
            long[]? axes = i.Length > 1 ? [.. Longs(node, 1, i).Select(a => a < 0 ? a + rank : a)] : null;
            return i[0]!.reshape([.. i[0]!.shape.Where((d, a) => axes is null ? d != 1 : !axes.Contains(a))]);
        });

    private static Func<Tensor?[], Tensor[]> Unsqueeze(Node node) =>
        One(i =>
        {
            long[] given = Longs(node, 1, i);
            int rank = (int)i[0]!.dim() + given.Length;
            HashSet<long> axes = [.. given.Select(a => a < 0 ? a + rank : a)];
            Queue<long> rest = new(i[0]!.shape);
            return i[0]!.reshape([.. Enumerable.Range(0, rank).Select(a => axes.Contains(a) ? 1 : rest.Dequeue())]);
        });

    private static Func<Tensor?[], Tensor[]> Split(Node node)
    {
        long axis = node.Attributes.Int("axis", 0);
        return i =>
        {
            int at = (int)(axis < 0 ? axis + i[0]!.dim() : axis);
            long[] sizes =
                i.Length > 1 ? Longs(node, 1, i) : [.. Enumerable.Repeat(i[0]!.shape[at] / node.Outputs.Count, node.Outputs.Count)];
            return i[0]!.split(sizes, at);
        };
    }

    private static Tensor Slice(Node node, Tensor?[] i)
    {
        Tensor x = i[0]!;
        long[] starts = Longs(node, 1, i);
        long[] ends = Longs(node, 2, i);
        long[] axes = i.ElementAtOrDefault(3) is null ? [.. Enumerable.Range(0, starts.Length).Select(a => (long)a)] : Longs(node, 3, i);
        long[]? steps = i.ElementAtOrDefault(4) is null ? null : Longs(node, 4, i);
        Tensor y = x.alias();
        for (int a = 0; a < axes.Length; a++)
        {
            long axis = axes[a] < 0 ? axes[a] + x.dim() : axes[a];
            SliceRange range = SliceRange.Of(starts[a], ends[a], steps?[a] ?? 1, x.shape[axis]);
            y =
                range.Step > 0
                    ? y.slice(
                        axis,
                        range.Start,
                        range.Count == 0 ? range.Start : range.Start + ((range.Count - 1) * range.Step) + 1,
                        range.Step
                    )
                    : y.index_select(axis, Range(range.Start, range.Step, range.Count).to(y.device));
        }

        return y;
    }

    private static Tensor Pad(Node node, Tensor?[] i)
    {
        string mode = node.Attributes.Text("mode", "constant");
        long[] pads = Longs(node, 1, i);
        int rank = pads.Length / 2;
        List<long> sides = [];
        for (int a = rank - 1; a >= 0; a--)
        {
            sides.AddRange([pads[a], pads[a + rank]]);
        }

        if (mode == "constant")
        {
            return F.pad(
                i[0]!,
                [.. sides],
                PaddingModes.Constant,
                i.ElementAtOrDefault(2) is { } value ? Number(node.Inputs[2]!, value) : 0
            );
        }

        // reflect and edge: an index for every position, axis by axis
        Tensor y = i[0]!.alias();
        for (int a = 0; a < rank; a++)
        {
            if (pads[a] != 0 || pads[a + rank] != 0)
            {
                using Tensor at = tensor(PadIndices(mode, y.shape[a], pads[a], pads[a + rank], node)).to(y.device);
                y = y.index_select(a, at);
            }
        }

        return y;
    }

    private static long[] PadIndices(string mode, long size, long before, long after, Node node) =>
        [
            .. Enumerable
                .Range(0, (int)(size + before + after))
                .Select(p => p - before)
                .Select(p =>
                    mode switch
                    {
                        "edge" => Math.Clamp(p, 0, size - 1),
                        "reflect" => p < 0 ? -p
                        : p >= size ? (2 * (size - 1)) - p
                        : p,
                        _ => throw new GraphException($"Node {node}: pad mode '{mode}' is not supported (constant, reflect, edge are)."),
                    }
                ),
        ];

    private static Tensor Expand(Node node, Tensor?[] i)
    {
        long[] target = Longs(node, 1, i);
        long[] shape = i[0]!.shape;
        int rank = Math.Max(shape.Length, target.Length);
        // ONNX broadcasts both ways: a 1 in the target keeps the input's size
        long[] result =
        [
            .. Enumerable
                .Range(0, rank)
                .Select(a => (a - rank + shape.Length, a - rank + target.Length))
                .Select(p => p.Item2 < 0 || target[p.Item2] == 1 ? (p.Item1 < 0 ? 1 : shape[p.Item1]) : target[p.Item2]),
        ];
        return i[0]!.expand(result);
    }

    private static Func<Tensor?[], Tensor[]> Gather(Node node)
    {
        long axis = node.Attributes.Int("axis", 0);
        int at = (int)(axis < 0 ? axis + node.Inputs[0]!.Rank : axis);
        bool countsFromFront = node.Inputs[1]!.Constant is { } constant && Array.TrueForAll(constant.ToInt64(), i => i >= 0);
        bool isList = node.Inputs[1]!.Rank == 1;
        return One(i =>
        {
            (Tensor x, Tensor indices) = (i[0]!, i[1]!);
            if (countsFromFront && isList)
            {
                return x.index_select(at, indices);
            }

            using Tensor flat = Wrap(indices, x.shape[at]).reshape(-1);
            return x.index_select(at, flat).reshape([.. x.shape.Take(at), .. indices.shape, .. x.shape.Skip(at + 1)]);
        });
    }

    private static Tensor GatherElements(Node node, Tensor x, Tensor indices)
    {
        long axis = node.Attributes.Int("axis", 0);
        using Tensor at = Wrap(indices, x.shape[axis < 0 ? axis + x.dim() : axis]);
        return x.gather(axis, at);
    }

    private static Tensor ScatterElements(Node node, Tensor x, Tensor indices, Tensor updates)
    {
        long axis = node.Attributes.Int("axis", 0);
        using Tensor at = Wrap(indices, x.shape[axis < 0 ? axis + x.dim() : axis]);
        return node.Attributes.Text("reduction", "none") switch
        {
            "add" => x.scatter_add(axis, at, updates),
            "none" => x.scatter(axis, at, updates),
            string other => throw new GraphException(
                $"Node {node}: reduction '{other}' is not supported by the torch interpreter (none, add are)."
            ),
        };
    }

    private static Tensor OneHot(Node node, Tensor?[] i)
    {
        long depth = (long)Number(node.Inputs[1]!, i[1]!);
        int rank = (int)i[0]!.dim() + 1;
        long axis = node.Attributes.Int("axis", -1);
        int at = (int)(axis < 0 ? axis + rank : axis);
        using Tensor range = Range(0, 1, depth).to(i[0]!.device).reshape([.. Enumerable.Range(0, rank).Select(a => a == at ? depth : 1)]);
        using Tensor hot = Wrap(i[0]!.to_type(ScalarType.Int64), depth).unsqueeze(at).eq(range);
        using Tensor off = i[2]!.slice(0, 0, 1, 1).squeeze(0);
        using Tensor on = i[2]!.slice(0, 1, 2, 1).squeeze(0);
        return where(hot, on, off);
    }

    // a stable sort, because equal elements are taken in their order
    private static Tensor[] TopK(Node node, Tensor?[] i)
    {
        long axis = node.Attributes.Int("axis", -1);
        long count = Longs(node, 1, i)[0];
        (Tensor values, Tensor indices) = i[0]!.sort(axis, node.Attributes.Int("largest", 1) != 0, stable: true);
        return [values.narrow(axis, 0, count), indices.narrow(axis, 0, count)];
    }

    // A single number: read from the graph if it is constant, from the tensor otherwise, which waits for the device that holds it.
    private static double Number(Value value, Tensor tensor)
    {
        using Tensor? constant = value.Constant is { } known ? TorchTensors.From(known) : null;
        return (constant ?? tensor).to_type(ScalarType.Float64).reshape(-1)[0].item<double>();
    }

    // Negative indices count from the end.
    private static Tensor Wrap(Tensor indices, long size)
    {
        Tensor wide = indices.to_type(ScalarType.Int64);
        using Tensor zero = tensor(0L);
        using Tensor length = tensor(size);
        return where(wide.lt(zero), Add(wide, length), wide);
    }

    private static Tensor Range(long start, long step, long count)
    {
        long[] values = new long[count];
        for (long i = 0; i < count; i++)
        {
            values[i] = start + (i * step);
        }

        return tensor(values, dtype: ScalarType.Int64);
    }
}
