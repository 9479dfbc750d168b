using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// Normalisation by statistics of the batch at hand, found where it stands as the operators that define it, and differentiated as one:
/// y = d f + shift with d = x - mean(x), f = scale / sqrt(v), v = mean(d^2) + epsilon, over the same axes, n elements under each statistic.
/// <code>
/// m = mean(g);  k = mean(g d) / v;  dx = f (g - m - k d);  dscale = n sqrt(v) k;  dshift = n m
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

    private CentredScale(
        Value x,
        Value scale,
        Value shift,
        Value centred,
        Value factor,
        Value root,
        Value variance,
        Value[] between,
        long[] axes
    )
    {
        this.x = x;
        this.scale = scale;
        this.shift = shift;
        this.centred = centred;
        this.factor = factor;
        this.root = root;
        this.variance = variance;
        this.axes = axes;
        Inner = [centred, factor, root, variance, .. between];
    }

    /// <summary>What the gradient goes to: x, scale, shift.</summary>
    public IReadOnlyList<Value> Inputs => [x, scale, shift];

    /// <summary>Values between these and the result.</summary>
    public IEnumerable<Value> Inner { get; }

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
        Value[] between = [mean.Output, square.Output, mean2.Output, scaled.Output];
        return fits ? new(input, multiplier, addend, difference.Output, ratio.Output, deviation.Output, sum.Output, between, along) : null;
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

        Value mean = b.ReduceMean(g, axes);
        Value along = b.Div(b.ReduceMean(b.Mul(g, centred), axes), variance);
        Value rest = b.Sub(b.Sub(g, mean), b.Mul(centred, along));
        Value dx = b.Mul(rest, factor);
        Value spread = b.Mul(root, count);
        Value dscale = b.Mul(along, spread);
        Value dshift = b.Mul(mean, count);
        Composites.Declare(
            mean.Producer!,
            [g, x, scale],
            [dx, dscale, dshift],
            (to, upstream) => Second(to, g, along, rest, spread, upstream[0], upstream[1], upstream[2])
        );
        return [dx, dscale, dshift];
    }

    /// <summary>
    /// The gradient of the gradient, from those of dx (u), dscale (p) and dshift (q), by g, x and scale. With k = mean(g d) / v and r = g - mean(g) - k d as
    /// above, n the number of elements under a statistic, and a = mean(u d) / v:
    /// <code>
    /// t = mean(u r) / v;   h = f (u - mean(u)) + (p / sqrt(v) - f a) d
    /// dg = h + q
    /// dx = D - mean(D),  D = (p / sqrt(v) - f a) r - k h + (k p / sqrt(v) - f t) d
    /// dscale = n sqrt(v) t
    /// </code>
    /// The mean of D is 0, as those of r, h and d are.
    /// </summary>
    private Value[] Second(GraphBuilder b, Value g, Value along, Value rest, Value spread, Value? u, Value? p, Value? q)
    {
        u ??= VjpContext.ZerosLike(b, g);
        Value tilt = b.Mul(b.Div(b.ReduceMean(b.Mul(u, centred), axes), variance), factor);
        Value t = b.Div(b.ReduceMean(b.Mul(u, rest), axes), variance);
        Value? scaled = p is null ? null : b.Div(p, root);
        Value c = scaled is null ? b.Neg(tilt) : b.Sub(scaled, tilt);
        Value h = b.Add(b.Mul(b.Sub(u, b.ReduceMean(u, axes)), factor), b.Mul(centred, c));
        Value pull = b.Mul(t, factor);
        Value e = scaled is null ? b.Neg(pull) : b.Sub(b.Mul(scaled, along), pull);
        Value dx = b.Add(b.Sub(b.Mul(rest, c), b.Mul(h, along)), b.Mul(centred, e));
        return [q is null ? h : b.Add(h, q), dx, b.Mul(t, spread)];
    }

    private static Value Product(GraphBuilder b, Value m, Value n) =>
        m.Constant is { } one && n.Constant is { } other ? b.ScalarLike(m, Number(one) * Number(other)) : b.Mul(m, n);

    private static double Number(Tensor constant) =>
        constant.Type switch
        {
            ElementType.Double => BitConverter.ToDouble(constant.Bytes),
            ElementType.Float16 => (double)BitConverter.ToHalf(constant.Bytes),
            _ => BitConverter.ToSingle(constant.Bytes),
        };

    private static Node? Producer(Value? value, string op) => value?.Producer is { } node && node.OpType == op ? node : null;

    private static long[]? Axes(Node reduction)
    {
        int rank = reduction.Inputs[0]!.Rank;
        return reduction.Attributes.Int("keepdims", 1) == 1 && reduction.Attributes.Ints("axes") is { Length: > 0 } axes
            ? [.. axes.Select(a => a < 0 ? a + rank : a).Order()]
            : null;
    }
}
