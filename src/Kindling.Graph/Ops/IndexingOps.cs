namespace Kindling.Graphs.Ops;

/// <summary>Gathering and scattering by index.</summary>
internal static class IndexingOps
{
    public static IEnumerable<OpSchema> All =>
        [
            new("Gather", 2, 2, 1, ["axis"], Gather),
            new("GatherElements", 2, 2, 1, ["axis"], GatherElements),
            new("ScatterElements", 3, 3, 1, ["axis", "reduction"], ScatterElements),
            new("OneHot", 3, 3, 1, ["axis"], OneHot),
            new("TopK", 2, 2, 2, ["axis", "largest", "sorted"], TopK) { MinOutputs = 2 },
        ];

    private static void Gather(InferenceContext c)
    {
        Shape x = c[0].Shape;
        int axis = c.Axis(c.Node.Attributes.Int("axis", 0), x.Rank);
        c.Set(c[0].Type, new Shape([.. x.Take(axis), .. c[1].Shape, .. x.Skip(axis + 1)]));
        if (c[0].KnownElements is { } elements && c[1].Constant is { } indices && indices.Sizes.Count <= 1)
        {
            c.KnownElements = [.. indices.ToInt64().Select(i => elements[(int)(i < 0 ? i + elements.Count : i)])];
        }
    }

    private static void GatherElements(InferenceContext c)
    {
        _ = c.Axis(c.Node.Attributes.Int("axis", 0), c[0].Rank);
        if (c[0].Rank != c[1].Rank)
        {
            throw c.Fail("data and indices must have one rank");
        }

        c.Set(c[0].Type, c[1].Shape);
    }

    private static void ScatterElements(InferenceContext c)
    {
        _ = c.Axis(c.Node.Attributes.Int("axis", 0), c[0].Rank);
        string reduction = c.Node.Attributes.Text("reduction", "none");
        if (reduction is not ("none" or "add" or "mul"))
        {
            throw c.Fail($"reduction '{reduction}' is not part of op set {Graph.OpsetVersion} (none, add, mul)");
        }

        c.Set(c[0].Type, c[0].Shape);
    }

    private static void OneHot(InferenceContext c)
    {
        int rank = c[0].Rank + 1;
        int axis = c.Axis(c.Node.Attributes.Int("axis", -1), rank);
        Dimension depth =
            c[1].Constant is { Type: ElementType.Float } number ? Dimension.Of((long)number.AsSpan<float>()[0])
            : c.Elements(1) is { } elements ? elements[0]
            : c.Fresh(axis);
        List<Dimension> result = [.. c[0].Shape];
        result.Insert(axis, depth);
        c.Set(c[2].Type, new Shape(result));
    }

    private static void TopK(InferenceContext c)
    {
        int axis = c.Axis(c.Node.Attributes.Int("axis", -1), c[0].Rank);
        Dimension count = c.Elements(1) is { Count: 1 } elements ? elements[0] : c.Fresh(axis);
        if (count.IsKnown && c[0].Shape[axis] is { IsKnown: true, Size: var size } && count.Size > size)
        {
            throw c.Fail($"{count} of {size} elements can not be taken");
        }

        Shape shape = new(c[0].Shape.Select((d, i) => i == axis ? count : d));
        c.Set(0, c[0].Type, shape);
        c.Set(1, ElementType.Int64, shape);
    }
}
