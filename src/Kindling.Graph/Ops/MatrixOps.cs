namespace Kindling.Graphs.Ops;

/// <summary>Matrix products.</summary>
internal static class MatrixOps
{
    public static IEnumerable<OpSchema> All =>
        [new("MatMul", 2, 2, 1, [], MatMul), new("Gemm", 2, 3, 1, ["alpha", "beta", "transA", "transB"], Gemm)];

    private static void MatMul(InferenceContext c)
    {
        Shape a = c[0].Shape;
        Shape b = c[1].Shape;
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw c.Fail("MatMul takes no scalars");
        }

        // A vector on the left is a row, on the right a column; that dimension is dropped again.
        Dimension inner = a[-1];
        Dimension rows = b.Rank == 1 ? b[0] : b[-2];
        if (inner != rows && inner.IsKnown && rows.IsKnown)
        {
            throw c.Fail($"inner dimensions differ: {inner} and {rows}");
        }

        Shape batch = Broadcast.Of(c, new Shape(a.Take(Math.Max(0, a.Rank - 2))), new Shape(b.Take(Math.Max(0, b.Rank - 2))));
        List<Dimension> result = [.. batch];
        if (a.Rank > 1)
        {
            result.Add(a[-2]);
        }

        if (b.Rank > 1)
        {
            result.Add(b[-1]);
        }

        c.Set(c[0].Type, new Shape(result));
    }

    private static void Gemm(InferenceContext c)
    {
        Shape a = c[0].Shape;
        Shape b = c[1].Shape;
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw c.Fail("Gemm takes matrices");
        }

        bool transA = c.Node.Attributes.Int("transA", 0) != 0;
        bool transB = c.Node.Attributes.Int("transB", 0) != 0;
        Dimension innerA = a[transA ? 0 : 1];
        Dimension innerB = b[transB ? 1 : 0];
        if (innerA != innerB && innerA.IsKnown && innerB.IsKnown)
        {
            throw c.Fail($"inner dimensions differ: {innerA} and {innerB}");
        }

        c.Set(c[0].Type, new Shape(a[transA ? 1 : 0], b[transB ? 0 : 1]));
    }
}
