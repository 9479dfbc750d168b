namespace Kindling.Graphs.Ops;

/// <summary>Reductions over axes. At op set 17 ReduceSum takes its axes as an input, the others as an attribute.</summary>
public static class ReductionOps
{
    internal static IEnumerable<OpSchema> All =>
        [
            new("ReduceSum", 1, 2, 1, ["keepdims", "noop_with_empty_axes"], ReduceSum),
            .. new[]
            {
                "ReduceMean",
                "ReduceMax",
                "ReduceMin",
                "ReduceProd",
                "ReduceL1",
                "ReduceL2",
                "ReduceSumSquare",
                "ReduceLogSum",
                "ReduceLogSumExp",
            }.Select(name => new OpSchema(name, 1, 1, 1, ["axes", "keepdims"], c => Reduce(c, Axes(c.Node, c)))),
            .. new[] { "ArgMax", "ArgMin" }.Select(name => new OpSchema(
                name,
                1,
                1,
                1,
                ["axis", "keepdims", "select_last_index"],
                Position
            )),
        ];

    private static int[] Axes(Node node, InferenceContext c) =>
        [.. Axes(node, c.Optional(0)!.Rank, node.Input(1) is null ? null : c.Integers(1, "axes")).Select(a => c.Axis(a, c[0].Rank))];

    /// <summary>The axes that a reduction node reduces: as given, or all of them.</summary>
    public static long[] Axes(Node node, int rank, long[]? input)
    {
        long[]? axes = node.OpType == "ReduceSum" ? input : node.Attributes.Ints("axes");
        return axes is { Length: > 0 } ? axes
            : node.Attributes.Int("noop_with_empty_axes", 0) != 0 ? []
            : [.. Enumerable.Range(0, rank).Select(i => (long)i)];
    }

    private static void ReduceSum(InferenceContext c)
    {
        if (c.Optional(1) is null || c.KnownIntegers(1) is not null)
        {
            Reduce(c, Axes(c.Node, c));
            return;
        }

        // Which sizes become 1, or go, only run time knows; how many there are is known.
        int gone = c.Node.Attributes.Int("keepdims", 1) != 0 ? 0 : (int)c.Length(1, "axes", c[0].Rank);
        c.Set(c[0].Type, new Shape(Enumerable.Range(0, c[0].Rank - gone).Select(c.Fresh)));
    }

    private static void Reduce(InferenceContext c, int[] axes)
    {
        bool keep = c.Node.Attributes.Int("keepdims", 1) != 0;
        c.Set(
            c[0].Type,
            new Shape(c[0].Shape.Select((d, i) => (d, i)).Where(p => keep || !axes.Contains(p.i)).Select(p => axes.Contains(p.i) ? 1 : p.d))
        );
    }

    private static void Position(InferenceContext c)
    {
        int axis = c.Axis(c.Node.Attributes.Int("axis", 0), c[0].Rank);
        Reduce(c, [axis]);
        c.Set(ElementType.Int64, c.Result(0).Shape);
    }
}
