using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <content>Indexing. Negative indices count from the end in every operator here, so they are passed on as they are.</content>
internal static partial class VjpRules
{
    /// <summary>How often an element may be gathered so that its gradient is gathered too: that is far faster than scattering.</summary>
    public const int MostUses = 16;

    /// <summary>How many times as much may be gathered for the gradient as was gathered.</summary>
    private const int MostGathered = 4;

    private static IEnumerable<KeyValuePair<string, VjpRule>> Indexing =>
        [
            Row("Gather", Gather),
            // y = x at indices along an axis, element by element: dx = zeros with g added at the indices
            Row("GatherElements", c => [c.B.ScatterElements(c.ZerosLike(c[0]), c[1], c.G, Axis(c), "add"), null]),
            Row("ScatterElements", ScatterElements),
            Row("OneHot", OneHot),
            // y = the k largest or smallest of x along an axis, and their indices: dx = zeros with g put at these
            Row("TopK", c => [c.B.ScatterElements(c.ZerosLike(c[0]), c.Node.Outputs[1]!, c.G, c.Node.Attributes.Int("axis", -1)), null]),
        ];

    // y [a..., i..., b...] = x [a..., n, b...] at indices [i...] along an axis: dx = zeros with g added at the indices
    private static IReadOnlyList<Value?> Gather(VjpContext c)
    {
        int axis = (int)Axis(c);
        axis = axis < 0 ? axis + c[0].Rank : axis;
        if (Uses(c, axis) is { } uses)
        {
            Value indices = c[1];
            return [Composites.Linear(AddUses(c, uses, axis), c.G, (b, g) => b.Gather(g, indices, axis)), null];
        }

        GraphBuilder b = c.B;
        Value flat = c[1].Rank == 1 ? c[1] : b.Reshape(c[1], -1);
        Value g = c.G;
        if (c[1].Rank != 1)
        {
            Value count = flat.Shape[0].IsKnown ? b.Ints(flat.Shape[0].Size) : b.Reshape(b.SizeOf(flat), 1);
            IEnumerable<Value> sizes = Enumerable.Range(0, c[0].Rank).Select(i => i == axis ? count : c.Size(c[0], i));
            g = c.Reshape(g, b.Concat(0, sizes));
        }

        return [AddAt(c, c[0], flat, g, axis), null];
    }

    // The places of a constant list of indices that take each element of x, or null where that is not known, or where some are taken very often.
    private static int[][]? Uses(VjpContext c, int axis)
    {
        if (
            c[1].Rank != 1
            || c[1].Constant is not { } constant
            || c[0].Shape[axis] is not { IsKnown: true, Size: > 0 and var size }
            || size > MostGathered * constant.Count
        )
        {
            return null;
        }

        ILookup<long, int> places = constant
            .ToInt64()
            .Select((at, place) => (at, place))
            .ToLookup(p => p.at < 0 ? p.at + size : p.at, p => p.place);
        int[][] uses = [.. Enumerable.Range(0, (int)size).Select(at => places[at].ToArray())];
        long most = uses.Max(u => u.Length);
        return most is > 0 and <= MostUses && most * size <= MostGathered * constant.Count ? uses : null;
    }

    // Gathers again: each element all the places that took it, and their sum.
    private static Value AddUses(VjpContext c, int[][] uses, int axis)
    {
        int[][] groups = [.. Enumerable.Range(0, uses.Length).GroupBy(at => uses[at].Length).OrderBy(g => g.Key).Select(g => g.ToArray())];
        return uses[groups[0][0]].Length > 0 && GroupedWork(uses) < PaddedWork(c, uses)
            ? AddGroups(c.B, c.G, uses, groups, axis)
            : AddPadded(c, uses, axis);
    }

    // Elements along the axis that are read and written, for each way.
    private static long GroupedWork(int[][] uses) => uses.Sum(u => (2L * u.Length) - 1) + (2L * uses.Length);

    private static long PaddedWork(VjpContext c, int[][] uses)
    {
        int most = uses.Max(u => u.Length);
        return ((2L * most) - 1) * uses.Length + (uses.All(u => u.Length == most) ? 0 : c[1].Shape[0].Size);
    }

    // Those that are taken equally often together, and in the end all in their order.
    private static Value AddGroups(GraphBuilder b, Value g, int[][] uses, int[][] groups, int axis)
    {
        Value sums = b.Concat(axis, groups.Select(group => Sum(b, g, [.. group.Select(at => uses[at])], axis)));
        int[] order = [.. groups.SelectMany(group => group)];
        long[] places = new long[order.Length];
        for (int i = 0; i < order.Length; i++)
        {
            places[order[i]] = i;
        }

        return b.Gather(sums, b.Ints(places), axis);
    }

    // All together, as if each were taken so often as one is at most; zeros stand behind g for those that are taken less often.
    private static Value AddPadded(VjpContext c, int[][] uses, int axis)
    {
        GraphBuilder b = c.B;
        int most = uses.Max(u => u.Length);
        int zero = (int)c[1].Shape[0].Size;
        long[] begins = new long[c.G.Rank];
        long[] ends = new long[c.G.Rank];
        ends[axis] = 1;
        Value g = uses.All(u => u.Length == most) ? c.G : b.Pad(c.G, b.Ints([.. begins, .. ends]));
        return Sum(b, g, [.. uses.Select(u => (int[])[.. u, .. Enumerable.Repeat(zero, most - u.Length)])], axis);
    }

    // The sums of g at equally many places each.
    private static Value Sum(GraphBuilder b, Value g, int[][] places, int axis) =>
        Enumerable
            .Range(0, places[0].Length)
            .Select(i => b.Gather(g, b.Ints([.. places.Select(p => (long)p[i])]), axis))
            .Aggregate((sum, part) => b.Add(sum, part));

    // zeros like target, with g [a..., m, b...] added at indices [m] along an axis
    private static Value AddAt(VjpContext c, Value target, Value indices, Value g, int axis)
    {
        long[] column = [.. Enumerable.Repeat(1L, g.Rank)];
        column[axis] = -1;
        Value everywhere = c.B.Expand(g.Rank == 1 ? indices : c.B.Reshape(indices, column), c.Sizes(g));
        return c.B.ScatterElements(c.ZerosLike(target), everywhere, g, axis, "add");
    }

    // y = x with updates put or added at indices along an axis: dupdates = g at the indices; dx = g, but 0 where an update was put.
    // Two updates put at one place leave it open which of them stays, and both get the gradient, as in libtorch.
    private static IReadOnlyList<Value?> ScatterElements(VjpContext c)
    {
        string reduction = c.Node.Attributes.Text("reduction", "none");
        if (reduction is not ("none" or "add"))
        {
            throw c.Fail($"reduction '{reduction}' has no gradient rule (none, add have)");
        }

        return
        [
            c.If(0, () => reduction == "add" ? c.G : c.B.ScatterElements(c.G, c[1], c.ZerosLike(c[2]), Axis(c))),
            null,
            c.If(2, () => c.B.GatherElements(c.G, c[1], Axis(c))),
        ];
    }

    // y = values [off, on] by whether the position along the new axis is the index: don = sum of g where it is, doff = the rest of sum(g)
    private static IReadOnlyList<Value?> OneHot(VjpContext c)
    {
        GraphBuilder b = c.B;
        return [null, null, c.If(2, () => Values(c.G))];

        Value Values(Value g)
        {
            Value bits = b.Constant(Numbers(g.Type, [0, 1], [2]));
            Value on = b.ReduceSum(b.Mul(g, b.OneHot(c[0], c[1], bits, c.Node.Attributes.Int("axis", -1))), keepDims: false);
            Value off = b.Sub(b.ReduceSum(g, keepDims: false), on);
            return b.Concat(0, b.Reshape(off, 1), b.Reshape(on, 1));
        }
    }

    private static long Axis(VjpContext c) => c.Node.Attributes.Int("axis", 0);
}
