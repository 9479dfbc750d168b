using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <content>Element by element. Every y has the broadcast shape of its inputs.</content>
internal static partial class VjpRules
{
    private static IEnumerable<KeyValuePair<string, VjpRule>> Elementwise =>
        [
            // y = x: dx = g
            Unary("Identity", (_, _, _, g) => g),
            // y = -x: dx = -g
            Unary("Neg", (c, _, _, g) => c.B.Neg(g)),
            // y = |x|: dx = sign(x) g, and 0 at x = 0
            Unary("Abs", Abs),
            // y = sqrt(x): dx = g / (2 y); infinite at x = 0, as in libtorch
            Unary("Sqrt", (c, _, y, g) => c.B.Div(g, c.B.Mul(y, 2))),
            // y = 1/x: dx = -g y^2
            Unary("Reciprocal", (c, _, y, g) => c.B.Neg(c.B.Mul(g, c.B.Mul(y, y)))),
            // y = exp(x): dx = g y
            Unary("Exp", (c, _, y, g) => c.B.Mul(g, y)),
            // y = ln(x): dx = g / x
            Unary("Log", (c, x, _, g) => c.B.Div(g, x)),
            // y = sin(x): dx = g cos(x)
            Unary("Sin", (c, x, _, g) => c.B.Mul(g, c.B.Cos(x))),
            // y = cos(x): dx = -g sin(x)
            Unary("Cos", (c, x, _, g) => c.B.Neg(c.B.Mul(g, c.B.Sin(x)))),
            // y = tanh(x): dx = g (1 - y^2)
            Unary("Tanh", (c, _, y, g) => c.B.Mul(g, c.B.Sub(c.B.ScalarLike(y, 1), c.B.Mul(y, y)))),
            // y = 1 / (1 + exp(-x)): dx = g y (1 - y)
            Unary("Sigmoid", (c, _, y, g) => c.B.Mul(g, c.B.Mul(y, c.B.Sub(c.B.ScalarLike(y, 1), y)))),
            // y = max(x, 0): dx = g where x > 0, and 0 at x = 0. A cast to bool is faster than Greater; a product instead of Where would make infinite g NaN.
            Unary("Relu", (c, _, y, g) => c.B.Where(c.B.Cast(y, ElementType.Bool), g, c.Zero(g))),
            // y = ln(1 + exp(x)): dx = g sigmoid(x)
            Unary("Softplus", (c, x, _, g) => c.B.Mul(g, c.B.Sigmoid(x))),
            // y = erf(x): dx = g 2/sqrt(pi) exp(-x^2)
            Unary("Erf", (c, x, _, g) => c.B.Mul(c.B.Mul(g, 2 / Math.Sqrt(Math.PI)), c.B.Exp(c.B.Neg(c.B.Mul(x, x))))),
            // y = x where x > 0, else alpha x: dx = g or alpha g; alpha g at x = 0
            Unary("LeakyRelu", LeakyRelu),
            // y = x where x > 0, else alpha (exp(x) - 1): dx = g or alpha exp(x) g; alpha g at x = 0
            Unary("Elu", Elu),
            Row("Clip", Clip),
            // dx = g in the type of x; a cast to integers carries no gradient because its output is no float
            Unary("Cast", (c, x, _, g) => c.B.Cast(g, x.Type)),
            // y = a + b: da = sum_to(a) g, db = sum_to(b) g
            Binary("Add", (_, g) => g, (_, g) => g),
            // y = a - b: da = sum_to(a) g, db = -sum_to(b) g
            Row("Sub", c => [c.If(0, () => c.SumTo(c.G, c[0], c.Y)), c.If(1, () => c.B.Neg(c.SumTo(c.G, c[1], c.Y)))]),
            Row("Mul", Mul),
            // y = a / b: da = sum_to(a) g / b, db = -sum_to(b) (g / b) y
            Binary("Div", (c, g) => c.B.Div(g, c[1]), (c, g) => c.B.Neg(c.B.Mul(c.B.Div(g, c[1]), c.Y))),
            Row("Pow", Pow),
            Row("Max", c => Extremum(c, c.B.Greater, (a, b) => c.B.Max(a, b))),
            Row("Min", c => Extremum(c, c.B.Less, (a, b) => c.B.Min(a, b))),
            Row("Where", Where),
        ];

    private static KeyValuePair<string, VjpRule> Binary(
        string op,
        Func<VjpContext, Value, Value> left,
        Func<VjpContext, Value, Value> right
    ) => Row(op, c => [c.If(0, () => c.SumTo(left(c, c.G), c[0], c.Y)), c.If(1, () => c.SumTo(right(c, c.G), c[1], c.Y))]);

    // y = a b: da = sum_to(a) g b, db = sum_to(b) g a; of a square: da = 2 g a
    private static IReadOnlyList<Value?> Mul(VjpContext c) =>
        c[0] == c[1]
            ? [c.B.Mul(c.B.Mul(c.G, 2), c[0]), null]
            : [c.If(0, () => c.SumTo(c.B.Mul(c.G, c[1]), c[0], c.Y)), c.If(1, () => c.SumTo(c.B.Mul(c.G, c[0]), c[1], c.Y))];

    private static Value Abs(VjpContext c, Value x, Value y, Value g)
    {
        Value zero = c.Zero(x);
        return c.B.Where(c.B.Greater(x, zero), g, c.B.Where(c.B.Less(x, zero), c.B.Neg(g), zero));
    }

    private static Value LeakyRelu(VjpContext c, Value x, Value y, Value g) =>
        c.B.Where(c.B.Greater(x, c.Zero(x)), g, c.B.Mul(g, c.Node.Attributes.Float("alpha", 0.01f)));

    private static Value Elu(VjpContext c, Value x, Value y, Value g)
    {
        // exp(x) is taken of negative x only: an overflow in the branch not taken would turn second derivatives into NaN.
        Value positive = c.B.Greater(x, c.Zero(x));
        Value slope = c.B.Mul(c.B.Exp(c.B.Where(positive, c.Zero(x), x)), c.Node.Attributes.Float("alpha", 1));
        return c.B.Where(positive, g, c.B.Mul(g, slope));
    }

    // y = min(max(x, low), high), low and high scalars or absent: dx = g where low <= x <= high (the bounds included, as libtorch's clamp does),
    // dlow = sum of g where x < low, dhigh = sum of g where max(x, low) > high
    private static IReadOnlyList<Value?> Clip(VjpContext c)
    {
        Value zero = c.Zero(c.G);
        Value inner = c.G;
        Value? dLow = null;
        Value? dHigh = null;
        Value raised = c.Node.Input(1) is { } bound ? c.B.Max(c[0], bound) : c[0];
        if (c.Node.Input(2) is { } high)
        {
            Value over = c.B.Greater(raised, high);
            dHigh = c.If(2, () => c.SumTo(c.B.Where(over, c.G, zero), high, c.Y));
            inner = c.B.Where(over, zero, inner);
        }

        if (c.Node.Input(1) is { } low)
        {
            Value under = c.B.Less(c[0], low);
            Value below = inner;
            dLow = c.If(1, () => c.SumTo(c.B.Where(under, below, zero), low, c.Y));
            inner = c.B.Where(under, zero, inner);
        }

        return new[] { inner, dLow, dHigh }[..c.Node.Inputs.Count];
    }

    // y = a^b: da = sum_to(a) g b a^(b - 1), and 0 where b = 0; db = sum_to(b) g y ln(a), and 0 where a = 0
    private static IReadOnlyList<Value?> Pow(VjpContext c)
    {
        GraphBuilder b = c.B;
        Value exponent = b.Cast(c[1], c[0].Type);
        return
        [
            c.If(0, () => c.SumTo(b.Mul(b.Mul(c.G, exponent), b.Pow(c[0], LessOne(exponent))), c[0], c.Y)),
            c.If(1, () => c.SumTo(b.Mul(b.Mul(c.G, c.Y), b.Log(ZeroToOne(c[0]))), c[1], c.Y)),
        ];

        // b - 1, and 0 in place of -1: there the factor b is 0, and 0^-1 would make it NaN
        Value LessOne(Value p) =>
            p.Constant is { Type: ElementType.Float, Count: 1 } number
                ? b.ScalarLike(p, number.AsSpan<float>()[0] is var f && f == 0 ? 0 : f - 1)
                : b.Sub(b.Where(b.Equal(p, c.Zero(p)), b.ScalarLike(p, 1), p), 1);

        Value ZeroToOne(Value a) => b.Where(b.Equal(a, c.Zero(a)), b.ScalarLike(a, 1), a);
    }

    // y = max(x1, x2, ...), taken pair by pair from the left: the gradient goes to the larger of a pair; a tie halves it, as torch.maximum does
    private static IReadOnlyList<Value?> Extremum(VjpContext c, Func<Value, Value, Value> wins, Func<Value, Value, Value> pick)
    {
        int count = c.Node.Inputs.Count;
        Value[] running = new Value[count];
        running[0] = c[0];
        for (int i = 1; i < count; i++)
        {
            running[i] = i == count - 1 ? c.Y : pick(running[i - 1], c[i]);
        }

        Value?[] result = new Value?[count];
        Value g = c.G;
        for (int i = count - 1; i > 0; i--)
        {
            Value left = running[i - 1];
            result[i] = c.Needs(i) ? c.SumTo(Share(c[i], left), c[i], running[i]) : null;
            g = c.SumTo(Share(left, c[i]), left, running[i]);
        }

        result[0] = g;
        return result;

        Value Share(Value a, Value b) => c.B.Where(wins(a, b), g, c.B.Where(c.B.Equal(a, b), c.B.Mul(g, 0.5), c.Zero(g)));
    }

    // y = a where p, else b: da = sum_to(a) (g where p, else 0), db = sum_to(b) (0 where p, else g)
    private static IReadOnlyList<Value?> Where(VjpContext c) =>
        [
            null,
            c.If(1, () => c.SumTo(c.B.Where(c[0], c.G, c.Zero(c.G)), c[1], c.Y)),
            c.If(2, () => c.SumTo(c.B.Where(c[0], c.Zero(c.G), c.G), c[2], c.Y)),
        ];
}
