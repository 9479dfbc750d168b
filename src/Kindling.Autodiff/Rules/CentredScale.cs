using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// Normalisation by statistics of the batch at hand, found where it stands as the operators that define it, and differentiated as one:
/// y = d f + shift with d = x - mean(x), f = scale / sqrt(v), v = mean(d^2) + epsilon, over the same axes.
/// <code>
/// s = sum(g d);  dshift = sum(g);  dscale = s / sqrt(v);  dx = f (g - sum(g) / n - d s / (n v))
/// </code>
/// Going through the operators one by one gives the same in twice as many, and the derivative of that in many times as many (Ioffe and Szegedy 2015 have
/// the chain that this sums up).
/// </summary>
internal sealed class CentredScale
{
    private readonly Value x;
    private readonly Value scale;
    private readonly Value shift;
    private readonly Value centred;
    private readonly Value factor;
    private readonly Value root;
    private readonly Value variance;
    private readonly long[] axes;

    private CentredScale(Value x, Value scale, Value shift, Value centred, Value factor, Value root, Value variance, long[] axes)
    {
        this.x = x;
        this.scale = scale;
        this.shift = shift;
        this.centred = centred;
        this.factor = factor;
        this.root = root;
        this.variance = variance;
        this.axes = axes;
    }

    /// <summary>What the gradient goes to: x, scale, shift.</summary>
    public IReadOnlyList<Value> Inputs => [x, scale, shift];

    /// <summary>Values between these and the result.</summary>
    public IEnumerable<Value> Inner => [centred, factor, root, variance];

    /// <summary>The normalisation that a node ends; null if it ends none.</summary>
    public static CentredScale? EndingAt(Node add)
    {
        if (
            add.OpType != "Add"
            || Producer(add.Input(0), "Mul") is not { } scaled
            || add.Input(1) is not { } addend
            || Producer(scaled.Input(0), "Sub") is not { } difference
            || Producer(scaled.Input(1), "Div") is not { } ratio
            || Producer(ratio.Input(1), "Sqrt") is not { } deviation
            || Producer(deviation.Input(0), "Add") is not { } sum
            || sum.Input(1)?.Constant is not { Count: 1 }
            || Producer(sum.Input(0), "ReduceMean") is not { } mean2
            || Producer(mean2.Input(0), "Mul") is not { } square
            || square.Input(0) != difference.Output
            || square.Input(1) != difference.Output
            || Producer(difference.Input(1), "ReduceMean") is not { } mean
            || mean.Input(0) != difference.Input(0)
            || Axes(mean) is not { } along
            || Axes(mean2) is not { } axes2
            || !along.SequenceEqual(axes2)
        )
        {
            return null;
        }

        Value input = difference.Input(0)!;
        Value multiplier = ratio.Input(0)!;
        // scale and shift have one number where the statistics have one
        bool fits = new[] { multiplier, addend }.All(v =>
            v.Rank == input.Rank && v.Shape.Select((d, i) => along.Contains(i) ? d.Is(1) : d.Equals(input.Shape[i])).All(same => same)
        );
        return fits ? new(input, multiplier, addend, difference.Output, ratio.Output, deviation.Output, sum.Output, along) : null;
    }

    /// <summary>The gradients of x, scale and shift; null if the number of elements under a statistic cannot be told.</summary>
    public IReadOnlyList<Value>? Gradients(VjpContext c)
    {
        GraphBuilder b = c.B;
        Value g = c.G;
        Value? count = axes.Select(a => c.Number(x.Shape[(int)a], g)).Aggregate((m, n) => m is null || n is null ? null : Product(b, m, n));
        if (count is null)
        {
            return null;
        }

        Value sum = b.ReduceSum(g, axes);
        Value product = b.ReduceSum(b.Mul(g, centred), axes);
        Value spread = b.Div(product, b.Mul(variance, count));
        Value dx = b.Mul(b.Sub(b.Sub(g, b.Div(sum, count)), b.Mul(centred, spread)), factor);
        Value dscale = b.Div(product, root);
        Composites.Declare(
            sum.Producer!,
            [g, x, scale],
            [dx, dscale, sum],
            (to, upstream) => Second(to, g, count, sum, product, spread, upstream[0], upstream[1], upstream[2])
        );
        return [dx, dscale, sum];
    }

    /// <summary>
    /// The gradient of the gradient, from those of dx (v), dscale (p) and dshift (q), by g, x and scale. With S = sum(g), P = sum(g d), k = P / (n var),
    /// all sums over the axes of the statistics:
    /// <code>
    /// w = f v;   c = p / sqrt(var) - sum(w d) / (n var)
    /// dg = w + d c + q - sum(w) / n
    /// df = sum(v g) - S sum(v) / n - k sum(v d);   dscale = df / sqrt(var)
    /// dvar = sum(w d) k / var - (p P / var + df f / sqrt(var)) / (2 sqrt(var))
    /// dx = g c - w k + 2 d dvar / n - (S c - k sum(w)) / n
    /// </code>
    /// </summary>
    private Value[] Second(GraphBuilder b, Value g, Value count, Value sum, Value product, Value spread, Value? v, Value? p, Value? q)
    {
        v ??= VjpContext.ZerosLike(b, g);
        Value w = b.Mul(v, factor);
        Value sumV = b.ReduceSum(v, axes);
        Value alongV = b.ReduceSum(b.Mul(v, centred), axes);
        Value withG = b.ReduceSum(b.Mul(v, g), axes);
        Value sumW = b.Mul(sumV, factor);
        Value alongW = b.Mul(alongV, factor);
        Value perVariance = b.Mul(variance, count);
        Value c = b.Neg(b.Div(alongW, perVariance));
        c = p is null ? c : b.Add(c, b.Div(p, root));
        Value level = b.Neg(b.Div(sumW, count));
        level = q is null ? level : b.Add(level, q);
        Value dg = b.Add(b.Add(w, b.Mul(centred, c)), level);
        Value df = b.Sub(b.Sub(withG, b.Div(b.Mul(sum, sumV), count)), b.Mul(spread, alongV));
        Value fall = b.Div(b.Mul(df, factor), root);
        fall = p is null ? fall : b.Add(fall, b.Div(b.Mul(p, product), variance));
        Value dvariance = b.Sub(b.Div(b.Mul(alongW, spread), variance), b.Div(fall, b.Mul(root, 2)));
        Value shiftX = b.Div(b.Sub(b.Mul(spread, sumW), b.Mul(sum, c)), count);
        Value dx = b.Add(b.Add(b.Sub(b.Mul(g, c), b.Mul(w, spread)), b.Mul(centred, b.Div(b.Mul(dvariance, 2), count))), shiftX);
        return [dg, dx, b.Div(df, root)];
    }

    private static Value Product(GraphBuilder b, Value m, Value n) =>
        m.Constant is { } one && n.Constant is { } other ? b.ScalarLike(m, Number(one) * Number(other)) : b.Mul(m, n);

    private static double Number(Tensor constant) =>
        constant.Type == ElementType.Double ? BitConverter.ToDouble(constant.Bytes) : BitConverter.ToSingle(constant.Bytes);

    private static Node? Producer(Value? value, string op) => value?.Producer is { } node && node.OpType == op ? node : null;

    private static long[]? Axes(Node reduction)
    {
        int rank = reduction.Inputs[0]!.Rank;
        return reduction.Attributes.Int("keepdims", 1) == 1 && reduction.Attributes.Ints("axes") is { Length: > 0 } axes
            ? [.. axes.Select(a => a < 0 ? a + rank : a).Order()]
            : null;
    }
}
