using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Rules;

/// <content>Operators that move elements.</content>
internal static partial class VjpRules
{
    private static IEnumerable<KeyValuePair<string, VjpRule>> Shapes =>
        [
            // y = sums of x up to each element along an axis: dx = sums of g from each on
            Row(
                "CumSum",
                c =>
                    [
                        c.B.Op(
                            "CumSum",
                            [c.G, c[1]],
                            ("exclusive", c.Node.Attributes.Int("exclusive", 0)),
                            ("reverse", 1 - c.Node.Attributes.Int("reverse", 0))
                        ),
                        null,
                    ]
            ),
            // y = x on one side of a diagonal, else 0: dx = g there
            Row(
                "Trilu",
                c =>
                    [
                        c.B.Op("Trilu", [c.G, c.Node.Input(1)], ("upper", c.Node.Attributes.Int("upper", 1))),
                        .. c.Node.Inputs.Skip(1).Select(_ => (Value?)null),
                    ]
            ),
            // y = x in another shape: dx = g in the shape of x
            Row("Reshape", c => [c.ReshapeLike(c.G, c[0]), null]),
            Row("Flatten", c => [c.ReshapeLike(c.G, c[0])]),
            Row("Squeeze", c => [c.ReshapeLike(c.G, c[0])]),
            Row("Unsqueeze", c => [c.ReshapeLike(c.G, c[0]), null]),
            // y = x with axes permuted: dx = g, permuted back
            Row("Transpose", Transpose),
            // y = x repeated along axes of size 1: dx = sum_to(x) g
            Row("Expand", c => [c.SumTo(c.G, c[0], c.Y), null]),
            Row("Concat", Concat),
            // y1, y2, ... = parts of x along an axis: dx = g1, g2, ... joined
            Row("Split", Split),
            Row("Slice", Slice),
            Row("Pad", Pad),
            Row("Tile", Tile),
        ];

    private static IReadOnlyList<Value?> Transpose(VjpContext c)
    {
        int rank = c[0].Rank;
        long[] perm = c.Node.Attributes.Ints("perm", [.. Enumerable.Range(0, rank).Reverse().Select(i => (long)i)]);
        long[] inverse = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            inverse[perm[i]] = i;
        }

        return [rank == 0 ? c.G : c.B.Transpose(c.G, inverse)];
    }

    // y = x1, x2, ... joined along an axis: dxi = the part of g where xi stands
    private static IReadOnlyList<Value?> Concat(VjpContext c)
    {
        GraphBuilder b = c.B;
        int rank = c.Y.Rank;
        int axis = (int)c.Node.Attributes.Int("axis", 0);
        axis = axis < 0 ? axis + rank : axis;
        if (c.Node.Inputs.All(v => v!.Shape[axis].IsKnown))
        {
            return b.Split(c.G, axis, [.. c.Node.Inputs.Select(v => v!.Shape[axis].Size)]);
        }

        Value?[] result = new Value?[c.Node.Inputs.Count];
        Value start = b.Ints(0);
        for (int i = 0; i < result.Length; i++)
        {
            Value from = start;
            Value to = b.Add(start, c.Size(c[i], axis));
            result[i] = c.If(i, () => b.Slice(c.G, from, to, b.Ints(axis)));
            start = to;
        }

        return result;
    }

    private static IReadOnlyList<Value?> Split(VjpContext c)
    {
        IEnumerable<Value> parts = c.Node.Outputs.Select((y, i) => c.Gradient(i) ?? c.ZerosLike(y!));
        Value?[] result = [c.B.Concat(c.Node.Attributes.Int("axis", 0), parts), null];
        return result[..c.Node.Inputs.Count];
    }

    // y = x[start : end : step] per axis: dx = g, turned round where the step is negative, spread where it is not 1, padded with zeros
    private static IReadOnlyList<Value?> Slice(VjpContext c)
    {
        GraphBuilder b = c.B;
        int rank = c[0].Rank;
        Value g = c.G;
        long[]? starts = c[1].Constant?.ToInt64();
        long[]? ends = c[2].Constant?.ToInt64();
        int count = (int)c[1].Shape[0].Size;
        long[] axes = Constant(3) ?? [.. Enumerable.Range(0, count).Select(i => (long)i)];
        long[] steps = Constant(4) ?? [.. Enumerable.Repeat(1L, count)];
        Value none = b.Ints(0);
        Value[] before = [.. Enumerable.Repeat(none, rank)];
        Value[] after = [.. Enumerable.Repeat(none, rank)];
        for (int i = 0; i < count; i++)
        {
            int axis = (int)(axes[i] < 0 ? axes[i] + rank : axes[i]);
            if (starts is not null && ends is not null && c[0].Shape[axis].IsKnown)
            {
                long size = c[0].Shape[axis].Size;
                SliceRange range = SliceRange.Of(starts[i], ends[i], steps[i], size);
                g = Spread(b, g, axis, range);
                long first = range.Step > 0 ? range.Start : range.Start + ((range.Count - 1) * range.Step);
                long span = range.Count == 0 ? 0 : ((range.Count - 1) * Math.Abs(range.Step)) + 1;
                first = range.Count == 0 ? 0 : first;
                before[axis] = b.Ints(first);
                after[axis] = b.Ints(size - first - span);
            }
            else if (steps[i] == 1)
            {
                // Bounds known at run time only: start is counted from the end where negative and held inside the axis.
                Value size = c.Size(c[0], axis);
                Value start = b.Slice(c[1], b.Ints(i), b.Ints(i + 1));
                start = b.Where(b.Less(start, none), b.Add(start, size), start);
                before[axis] = b.Min(b.Max(start, none), size);
                after[axis] = b.Sub(b.Sub(size, before[axis]), c.Size(c.Y, axis));
            }
            else
            {
                throw c.Fail($"a step of {steps[i]} needs bounds and size of axis {axis} to be known");
            }
        }

        Value dx = PadWith(b, g, before, after);
        return [dx, .. Enumerable.Repeat<Value?>(null, c.Node.Inputs.Count - 1)];

        long[]? Constant(int index) =>
            c.Node.Input(index) is { } v ? v.Constant?.ToInt64() ?? throw c.Fail($"input {index} must be constant") : null;
    }

    // [.., n, ..] -> [.., (n - 1) |step| + 1, ..] with zeros between; backwards if step < 0
    private static Value Spread(GraphBuilder b, Value g, int axis, SliceRange range)
    {
        if (range.Count <= 1 || range.Step == 1)
        {
            return g;
        }

        if (range.Step < 0)
        {
            g = b.Slice(g, b.Ints(-1), b.Ints(long.MinValue + 1), b.Ints(axis), b.Ints(-1));
        }

        long step = Math.Abs(range.Step);
        if (step == 1)
        {
            return g;
        }

        // the new axis behind the old one holds an element and step - 1 zeros; joined, the last zeros are cut off
        Value apart = b.Unsqueeze(g, axis + 1);
        long[] pads = new long[2 * apart.Rank];
        pads[apart.Rank + axis + 1] = step - 1;
        Value padded = b.Pad(apart, b.Ints(pads));
        Value sizes = b.Concat(0, [.. Enumerable.Range(0, g.Rank).Select(i => i == axis ? b.Ints(range.Count * step) : SizeOf(i))]);
        return b.Slice(VjpContext.Reshape(b, padded, sizes), b.Ints(0), b.Ints(((range.Count - 1) * step) + 1), b.Ints(axis));

        Value SizeOf(int i) => g.Shape[i].IsKnown ? b.Ints(g.Shape[i].Size) : b.Op("Shape", [g], ("start", i), ("end", i + 1));
    }

    private static Value PadWith(GraphBuilder b, Value x, Value[] before, Value[] after)
    {
        Value[] all = [.. before, .. after];
        if (Array.TrueForAll(all, v => v.Constant is not null))
        {
            long[] pads = [.. all.Select(v => v.Constant!.ToInt64()[0])];
            return Array.TrueForAll(pads, p => p == 0) ? x : b.Pad(x, b.Ints(pads));
        }

        return b.Pad(x, b.Concat(0, all));
    }

    // y = x with a border; a constant border: dx = g without it, dvalue = the rest of sum(g); edge and reflect: what stands
    // in the border is added to where it came from. Negative pads cut x; what was cut gets 0.
    private static IReadOnlyList<Value?> Pad(VjpContext c)
    {
        GraphBuilder b = c.B;
        string mode = c.Node.Attributes.Text("mode", "constant");
        int rank = c[0].Rank;
        long[]? pads = c[1].Constant?.ToInt64();
        Value dx;
        if (mode != "constant")
        {
            if (pads is null || Array.Exists(pads, p => p < 0))
            {
                throw c.Fail($"pads of mode '{mode}' must be constant and 0 or more");
            }

            dx = FoldPads(c, mode, pads);
        }
        else if (pads is not null && Array.TrueForAll(pads, p => p >= 0))
        {
            int[] axes = [.. Enumerable.Range(0, rank).Where(i => pads[i] != 0 || pads[i + rank] != 0)];
            dx =
                axes.Length == 0
                    ? c.G
                    : b.Slice(c.G, b.Ints([.. axes.Select(i => pads[i])]), Ends(axes), b.Ints([.. axes.Select(i => (long)i)]));
        }
        else
        {
            dx = b.Pad(c.G, pads is null ? b.Neg(c[1]) : b.Ints([.. pads.Select(p => -p)]));
        }

        Value?[] result =
        [
            dx,
            null,
            c.If(2, () => c.ReshapeLike(b.Sub(b.ReduceSum(c.G, keepDims: false), b.ReduceSum(dx, keepDims: false)), c[2])),
        ];
        return result[..c.Node.Inputs.Count];

        // as one constant where it can be, for the gradient of the gradient
        Value Ends(int[] axes) =>
            Array.TrueForAll(axes, i => c[0].Shape[i].IsKnown)
                ? b.Ints([.. axes.Select(i => pads[i] + c[0].Shape[i].Size)])
                : b.Concat(0, axes.Select(i => b.Add(b.Ints(pads[i]), c.Size(c[0], i))));
    }

    // Axis by axis from the last: the middle of g, and on it what stands before and behind, summed for edges, turned round for reflections.
    private static Value FoldPads(VjpContext c, string mode, long[] pads)
    {
        GraphBuilder b = c.B;
        int rank = c[0].Rank;
        Value g = c.G;
        for (int axis = rank - 1; axis >= 0; axis--)
        {
            (long before, long after) = (pads[axis], pads[axis + rank]);
            if (before == 0 && after == 0)
            {
                continue;
            }

            Value size = c.Size(c[0], axis);
            Value end = size.Constant is { } known ? b.Ints(before + known.ToInt64()[0]) : b.Add(b.Ints(before), size);
            Value sum = Part(g, axis, b.Ints(before), end, size);
            if (before > 0)
            {
                Value part = Part(g, axis, b.Ints(0), b.Ints(before), b.Ints(before));
                sum = b.Add(sum, mode == "edge" ? Placed(Summed(part, axis), axis, 0, size) : Placed(Turned(part, axis), axis, 1, size));
            }

            if (after > 0)
            {
                Value part = Part(g, axis, end, b.Ints(long.MaxValue), b.Ints(after));
                sum = b.Add(sum, mode == "edge" ? Placed(Summed(part, axis), axis, -1, size) : Placed(Turned(part, axis), axis, -2, size));
            }

            g = sum;
        }

        return g;

        Value Part(Value x, int axis, Value start, Value stop, Value count) => Sized(b.Slice(x, start, stop, b.Ints(axis)), axis, count);

        // in the sizes that it has, which slices between bounds of run time do not tell
        Value Sized(Value x, int axis, Value count)
        {
            bool isTold = x.Shape.Select((d, i) => d.IsKnown || (i != axis && d == (i < axis ? c.Y : c[0]).Shape[i])).All(told => told);
            return isTold
                ? x
                : c.Reshape(x, b.Concat(0, Enumerable.Range(0, rank).Select(i => i == axis ? count : c.Size(i < axis ? c.Y : c[0], i))));
        }

        Value Summed(Value x, int axis) => b.ReduceSum(x, [axis]);

        Value Turned(Value x, int axis) => b.Slice(x, b.Ints(-1), b.Ints(long.MinValue + 1), b.Ints(axis), b.Ints(-1));

        // with so many zeros before it, or, counted from -1, behind it
        Value Placed(Value x, int axis, long at, Value size)
        {
            long side = at >= 0 ? at : -1 - at;
            long taken = side + x.Shape[axis].Size;
            Value rest = size.Constant is { } known ? b.Ints(known.ToInt64()[0] - taken) : b.Sub(size, b.Ints(taken));
            Value[] before = [.. Enumerable.Repeat(b.Ints(0), rank)];
            Value[] after = [.. before];
            (before[axis], after[axis]) = at >= 0 ? (b.Ints(side), rest) : (rest, b.Ints(side));
            return Sized(PadWith(b, x, before, after), axis, size);
        }
    }

    // y = x repeated r times along each axis: dx = sum of g over the repeats; g is seen as [r0, d0, r1, d1, ...]
    private static IReadOnlyList<Value?> Tile(VjpContext c)
    {
        GraphBuilder b = c.B;
        int rank = c[0].Rank;
        Value sizes =
            c[0].Shape.IsKnown && c[1].Constant?.ToInt64() is { } repeats
                ? b.Ints([.. c[0].Shape.ToSizes().SelectMany((d, i) => new[] { repeats[i], d })])
                : b.Reshape(b.Concat(1, b.Unsqueeze(c[1], 1), b.Unsqueeze(c.Sizes(c[0]), 1)), -1);
        return rank == 0
            ? [c.G, null]
            : [b.ReduceSum(c.Reshape(c.G, sizes), [.. Enumerable.Range(0, rank).Select(i => 2L * i)], keepDims: false), null];
    }
}
