using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Rules;

/// <content>Reductions and normalisation. "kept" means: with the reduced axes as size 1.</content>
internal static partial class VjpRules
{
    private static IEnumerable<KeyValuePair<string, VjpRule>> Reductions =>
        [
            // y = sum of x over axes: dx = g, expanded
            Row("ReduceSum", c => [c.ExpandLike(Kept(c, c.G), c[0])]),
            // y = mean of x over axes: dx = g / n, expanded; n = 0 elements: y is NaN and dx is empty
            Row("ReduceMean", c => [MeanGradient(c, c[0], Kept(c, c.G))]),
            // y = max of x over axes: dx = g / (number of maxima) at the maxima, as torch.amax does
            Row("ReduceMax", c => [MaxGradient(c, c[0], Kept(c, c.Y), Kept(c, c.G), ReducedAxes(c))]),
            // y = min of x over axes: likewise
            Row("ReduceMin", c => [MaxGradient(c, c[0], Kept(c, c.Y), Kept(c, c.G), ReducedAxes(c))]),
            Row("ReduceProd", ReduceProd),
            // y = sum of |x| over axes: dx = sign(x) g
            Row("ReduceL1", c => [c.B.Mul(c.B.Op("Sign", [c[0]]), Kept(c, c.G))]),
            // y = sqrt(sum of x^2 over axes): dx = g x / y, and 0 where y = 0
            Row("ReduceL2", c => [c.B.Mul(c[0], c.B.Div(Kept(c, c.G), OneForZero(c, Kept(c, c.Y))))]),
            // y = ln sum x over axes: dx = g / sum x
            Row("ReduceLogSum", c => [c.ExpandLike(c.B.Div(Kept(c, c.G), c.B.ReduceSum(c[0], ReducedAxes(c))), c[0])]),
            // y = sum of x^2 over axes: dx = 2 x g
            Row("ReduceSumSquare", c => [c.B.Mul(c.B.Mul(c[0], 2), Kept(c, c.G))]),
            // y = ln sum exp(x) over axes: dx = g exp(x - y); NaN where every x is -infinity
            Row("ReduceLogSumExp", c => [c.B.Mul(Kept(c, c.G), c.B.Exp(c.B.Sub(c[0], Kept(c, c.Y))))]),
        ];

    private static IEnumerable<KeyValuePair<string, VjpRule>> Normalization =>
        [
            // y = exp(x) / sum exp(x) along an axis: dx = y (g - sum(g y))
            Unary("Softmax", (c, _, y, g) => c.B.Mul(y, c.B.Sub(g, c.B.ReduceSum(c.B.Mul(g, y), AxisOf(c))))),
            // y = x - ln sum exp(x) along an axis: dx = g - exp(y) sum(g)
            Unary("LogSoftmax", (c, _, y, g) => c.B.Sub(g, c.B.Mul(c.B.Exp(y), c.B.ReduceSum(g, AxisOf(c))))),
            Row("LayerNormalization", LayerNormalization),
        ];

    // y = u scale + bias, u = (x - mean) r, r = 1 / sqrt(var + eps), mean and variance over the axes from axis on. With h = g scale:
    // dx = r (h - mean(h) - u mean(h u)), dscale = sum_to(scale) g u, dbias = sum_to(bias) g
    private static IReadOnlyList<Value?> LayerNormalization(VjpContext c)
    {
        if (c.Node.Outputs.Count > 1 && Enumerable.Range(1, c.Node.Outputs.Count - 1).Any(i => c.Gradient(i) is not null))
        {
            throw c.Fail("only the first output of LayerNormalization has a gradient");
        }

        GraphBuilder b = c.B;
        int rank = c[0].Rank;
        long axis = c.Node.Attributes.Int("axis", -1);
        int first = (int)(axis < 0 ? axis + rank : axis);
        long[] axes = [.. Enumerable.Range(first, rank - first).Select(i => (long)i)];
        Value centred = b.Sub(c[0], b.ReduceMean(c[0], axes));
        Value variance = b.ReduceMean(b.Mul(centred, centred), axes);
        Value r = b.Reciprocal(b.Sqrt(b.Add(variance, c.Node.Attributes.Float("epsilon", 1e-5f))));
        Value u = b.Mul(centred, r);
        Value h = b.Mul(c.G, c[1]);
        Value?[] result =
        [
            c.If(0, () => b.Mul(r, b.Sub(b.Sub(h, b.ReduceMean(h, axes)), b.Mul(u, b.ReduceMean(b.Mul(h, u), axes))))),
            c.If(1, () => c.SumTo(b.Mul(c.G, u), c[1], c.Y)),
            c.If(2, () => c.SumTo(c.G, c[2], c.Y)),
        ];
        return result[..c.Node.Inputs.Count];
    }

    // The reduced value (y or g) with the reduced axes as size 1; a scalar broadcasts as it is.
    private static Value Kept(VjpContext c, Value reduced)
    {
        long[] axes = ReducedAxes(c);
        return c.Node.Attributes.Int("keepdims", 1) != 0 || reduced.Rank == 0 || axes.Length == 0 ? reduced : c.B.Unsqueeze(reduced, axes);
    }

    private static long[] ReducedAxes(VjpContext c)
    {
        int rank = c[0].Rank;
        long[]? given = c.Node.Input(1) is { } axes ? axes.Constant?.ToInt64() ?? throw c.Fail("the axes must be constant") : null;
        return [.. ReductionOps.Axes(c.Node, rank, given).Select(a => a < 0 ? a + rank : a).Order()];
    }

    private static Value MeanGradient(VjpContext c, Value x, Value kept)
    {
        GraphBuilder b = c.B;
        Dimension? ratio = x.Shape.ElementCount.Is(0) ? null : Dimension.Divide(x.Shape.ElementCount, kept.Shape.ElementCount);
        Value count =
            (ratio is { } known ? c.Number(known, x) : null) ?? b.Div(b.Cast(b.SizeOf(x), x.Type), b.Cast(b.SizeOf(kept), x.Type));
        return c.ExpandLike(b.Div(kept, count), x);
    }

    private static Value MaxGradient(VjpContext c, Value x, Value y, Value g, long[] axes)
    {
        GraphBuilder b = c.B;
        Value hit = b.Equal(x, y);
        Value count = b.ReduceSum(b.Cast(hit, x.Type), axes);
        return b.Where(hit, b.Div(g, count), c.Zero(g));
    }

    private static Value OneForZero(VjpContext c, Value x) => c.B.Where(c.B.Equal(x, c.Zero(x)), c.B.ScalarLike(x, 1), x);

    // y = product of x over axes: dx = g times the product of all others, which is that of those before and of those after; nothing is divided by x, so
    // that zeros are right in every order. The axes are brought behind the others and taken as one.
    private static IReadOnlyList<Value?> ReduceProd(VjpContext c)
    {
        GraphBuilder b = c.B;
        Value x = c[0];
        long[] axes = ReducedAxes(c);
        if (!Array.TrueForAll(axes, a => x.Shape[(int)a].IsKnown))
        {
            throw c.Fail($"the sizes that are multiplied must be known, got {x.Shape}");
        }

        long count = axes.Aggregate(1L, (product, a) => product * x.Shape[(int)a].Size);
        if (count <= 1)
        {
            return [c.ReshapeLike(c.G, x)];
        }

        long[] kept = [.. Enumerable.Range(0, x.Rank).Select(i => (long)i).Except(axes)];
        long[] order = [.. kept, .. axes];
        Value turned = b.Transpose(x, order);
        Value flat = b.Reshape(turned, [.. kept.Select(_ => 0L), count]);
        Value others = b.Mul(Before(flat, count, fromEnd: false), Before(flat, count, fromEnd: true));
        long[] inverse = [.. Enumerable.Range(0, x.Rank).Select(i => (long)Array.IndexOf(order, (long)i))];
        Value back = b.Transpose(b.Reshape(others, [.. kept.Select(_ => 0L), .. axes.Select(a => x.Shape[(int)a].Size)]), inverse);
        return [b.Mul(back, Kept(c, c.G))];

        // The product of those before each, or after: of neighbours, of pairs, of fours, ...
        Value Before(Value values, long size, bool fromEnd)
        {
            Value product = Shift(values, size, 1, fromEnd);
            for (long step = 1; step < size; step *= 2)
            {
                product = b.Mul(product, Shift(product, size, step, fromEnd));
            }

            return product;
        }

        // Moved along the last axis; ones come in.
        Value Shift(Value values, long size, long by, bool fromEnd)
        {
            Value part = b.Slice(values, b.Ints(fromEnd ? by : 0), b.Ints(fromEnd ? size : size - by), b.Ints(-1));
            long[] none = [.. kept.Select(_ => 0L)];
            return b.Pad(part, b.Ints([.. none, fromEnd ? 0 : by, .. none, fromEnd ? by : 0]), b.ScalarLike(values, 1));
        }
    }

    private static long[] AxisOf(VjpContext c) => [c.Node.Attributes.Int("axis", -1)];
}
