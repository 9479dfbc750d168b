namespace Kindling.Graphs.Ops;

/// <summary>Softmax and layer normalisation. Batch and group normalisation are built from other operators.</summary>
internal static class NormalizationOps
{
    public static IEnumerable<OpSchema> All =>
        [
            new("Softmax", 1, 1, 1, ["axis"], Same),
            new("LogSoftmax", 1, 1, 1, ["axis"], Same),
            new("Hardmax", 1, 1, 1, ["axis"], Same),
            new("LayerNormalization", 2, 3, 3, ["axis", "epsilon", "stash_type"], LayerNormalization),
        ];

    private static void Same(InferenceContext c)
    {
        _ = c.Axis(c.Node.Attributes.Int("axis", -1), c[0].Rank);
        c.Set(c[0].Type, c[0].Shape);
    }

    private static void LayerNormalization(InferenceContext c)
    {
        int axis = c.Axis(c.Node.Attributes.Int("axis", -1), c[0].Rank);
        Shape statistics = new(c[0].Shape.Select((d, i) => i < axis ? d : 1));
        c.Set(0, c[0].Type, c[0].Shape);
        c.Set(1, ElementType.Float, statistics);
        c.Set(2, ElementType.Float, statistics);
    }
}
