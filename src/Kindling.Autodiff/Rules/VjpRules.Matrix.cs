using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <content>Matrix products.</content>
internal static partial class VjpRules
{
    private static IEnumerable<KeyValuePair<string, VjpRule>> Matrix => [Row("MatMul", MatMul), Row("Gemm", Gemm)];

    // y [..., n, m] = a [..., n, k] b [..., k, m]: da = sum_to(a) g bT, db = sum_to(b) aT g, T swaps the last two axes.
    // A vector a is a row, a vector b is a column.
    private static IReadOnlyList<Value?> MatMul(VjpContext c)
    {
        GraphBuilder build = c.B;
        bool row = c[0].Rank == 1;
        bool column = c[1].Rank == 1;
        Value a = row ? build.Unsqueeze(c[0], 0) : c[0];
        Value b = column ? build.Unsqueeze(c[1], 1) : c[1];
        Value g = column ? build.Unsqueeze(c.G, -1) : c.G;
        g = row ? build.Unsqueeze(g, -2) : g;
        Shape batch = new(g.Shape.SkipLast(2));
        return
        [
            c.If(0, () => Fit(build.MatMul(g, Swap(b)), c[0], a, new Shape([.. batch, a.Shape[-2], a.Shape[-1]]))),
            c.If(1, () => Fit(build.MatMul(Swap(a), g), c[1], b, new Shape([.. batch, b.Shape[-2], b.Shape[-1]]))),
        ];

        Value Swap(Value x)
        {
            long[] perm = [.. Enumerable.Range(0, x.Rank).Select(i => (long)i)];
            (perm[^1], perm[^2]) = (perm[^2], perm[^1]);
            return build.Transpose(x, perm);
        }

        Value Fit(Value gradient, Value input, Value matrix, Shape full) => c.ReshapeLike(c.SumTo(gradient, matrix.Shape, full), input);
    }

    // y [n, m] = alpha A B + beta c, A = a or aT, B = b or bT: dA = alpha g BT, dB = alpha AT g, each transposed where A or B is;
    // dc = beta sum_to(c) g
    private static IReadOnlyList<Value?> Gemm(VjpContext c)
    {
        float alpha = c.Node.Attributes.Float("alpha", 1);
        float beta = c.Node.Attributes.Float("beta", 1);
        bool transA = c.Node.Attributes.Int("transA", 0) != 0;
        bool transB = c.Node.Attributes.Int("transB", 0) != 0;
        Value?[] result =
        [
            c.If(0, () => transA ? Product(c[1], c.G, transB, true) : Product(c.G, c[1], false, !transB)),
            c.If(1, () => transB ? Product(c.G, c[0], true, transA) : Product(c[0], c.G, !transA, false)),
            c.If(2, () => Scaled(c.SumTo(c.G, c[2], c.Y))),
        ];
        return result[..c.Node.Inputs.Count];

        Value Product(Value a, Value b, bool ta, bool tb) => c.B.Gemm(a, b, null, ta, tb, alpha);

        Value Scaled(Value x) => beta == 1 ? x : c.B.Mul(x, beta);
    }
}
