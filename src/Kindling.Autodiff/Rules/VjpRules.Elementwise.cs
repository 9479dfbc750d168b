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
            // y = tan(x): dx = g (1 + y^2)
            Unary("Tan", (c, _, y, g) => c.B.Mul(g, c.B.Add(c.B.Mul(y, y), 1))),
            // y = asin(x): dx = g / sqrt(1 - x^2); infinite at -1 and 1
            Unary("Asin", (c, x, _, g) => c.B.Div(g, c.B.Sqrt(OneLessSquare(c, x)))),
            // y = acos(x): dx = -g / sqrt(1 - x^2)
            Unary("Acos", (c, x, _, g) => c.B.Neg(c.B.Div(g, c.B.Sqrt(OneLessSquare(c, x))))),
            // y = atan(x): dx = g / (1 + x^2)
            Unary("Atan", (c, x, _, g) => c.B.Div(g, c.B.Add(c.B.Mul(x, x), 1))),
            // y = sinh(x): dx = g cosh(x)
            Unary("Sinh", (c, x, _, g) => c.B.Mul(g, c.B.Op("Cosh", [x]))),
            // y = cosh(x): dx = g sinh(x)
            Unary("Cosh", (c, x, _, g) => c.B.Mul(g, c.B.Op("Sinh", [x]))),
            // y = asinh(x): dx = g / sqrt(x^2 + 1)
            Unary("Asinh", (c, x, _, g) => c.B.Div(g, c.B.Sqrt(c.B.Add(c.B.Mul(x, x), 1)))),
            // y = acosh(x): dx = g / sqrt(x^2 - 1); infinite at 1
            Unary("Acosh", (c, x, _, g) => c.B.Div(g, c.B.Sqrt(c.B.Sub(c.B.Mul(x, x), 1)))),
            // y = atanh(x): dx = g / (1 - x^2)
            Unary("Atanh", (c, x, _, g) => c.B.Div(g, OneLessSquare(c, x))),
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
            // y = gamma x where x > 0, else gamma alpha (exp(x) - 1)
            Unary(
                "Selu",
                (c, x, _, g) =>
                    Exponential(
                        c,
                        x,
                        g,
                        Attribute(c, "gamma", 1.05070102214813232421875f),
                        Attribute(c, "gamma", 1.05070102214813232421875f) * Attribute(c, "alpha", 1.67326319217681884765625f),
                        1
                    )
            ),
            // y = x where x > 0, else alpha (exp(x / alpha) - 1)
            Unary("Celu", (c, x, _, g) => Exponential(c, x, g, 1, 1, 1 / Attribute(c, "alpha", 1))),
            // y = x / (1 + |x|): dx = g / (1 + |x|)^2
            Unary("Softsign", (c, x, _, g) => c.B.Div(g, Square(c, c.B.Add(c.B.Abs(x), 1)))),
            // y = min(max(alpha x + beta, 0), 1): dx = g alpha inside
            Unary("HardSigmoid", HardSigmoid),
            // y = x min(max(x / 6 + 1/2, 0), 1): dx = 0 below -3, g above 3, else g (x / 3 + 1/2)
            Unary("HardSwish", HardSwish),
            // y = x where x > alpha, else 0: dx = g there
            Unary("ThresholdedRelu", (c, x, _, g) => c.B.Where(c.B.Greater(x, c.B.ScalarLike(x, Attribute(c, "alpha", 1))), g, c.Zero(g))),
            // y = x - bias sign(x) where |x| > lambd, else 0: dx = g there
            Unary(
                "Shrink",
                (c, x, _, g) => c.B.Where(c.B.Greater(c.B.Abs(x), c.B.ScalarLike(x, Attribute(c, "lambd", 0.5f))), g, c.Zero(g))
            ),
            Row("PRelu", PRelu),
            Row("Clip", Clip),
            // dx = g in the type of x; a cast to integers carries no gradient because its output is no float
            Unary("Cast", (c, x, _, g) => c.B.Cast(g, x.Type)),
            Row("CastLike", c => [c.If(0, () => c.B.Cast(c.G, c[0].Type)), null]),
            // y = a - b n, n = a / b cut to an integer: da = sum_to(a) g, db = -sum_to(b) g n
            Binary("Mod", (_, g) => g, (c, g) => c.B.Neg(c.B.Mul(g, Whole(c, c.B.Div(c[0], c[1]))))),
            // y = x1 + x2 + ...: dxi = sum_to(xi) g
            Row("Sum", c => [.. Enumerable.Range(0, c.Node.Inputs.Count).Select(i => c.If(i, () => c.SumTo(c.G, c[i], c.Y)))]),
            Row("Mean", Mean),
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
        c.B.Where(c.B.Greater(x, c.Zero(x)), g, c.B.Mul(g, Attribute(c, "alpha", 0.01f)));

    private static Value Elu(VjpContext c, Value x, Value y, Value g) => Exponential(c, x, g, 1, Attribute(c, "alpha", 1), 1);

    // dx = right g where x > 0, else left exp(scale x) g. exp is taken of negative x only: an overflow in the branch not taken would turn second
    // derivatives into NaN.
    private static Value Exponential(VjpContext c, Value x, Value g, double right, double left, double scale)
    {
        Value positive = c.B.Greater(x, c.Zero(x));
        Value negative = c.B.Where(positive, c.Zero(x), x);
        Value slope = c.B.Mul(c.B.Exp(scale == 1 ? negative : c.B.Mul(negative, scale)), left);
        return c.B.Where(positive, right == 1 ? g : c.B.Mul(g, right), c.B.Mul(g, slope));
    }

    private static Value HardSigmoid(VjpContext c, Value x, Value y, Value g)
    {
        GraphBuilder b = c.B;
        float alpha = Attribute(c, "alpha", 0.2f);
        Value inside = b.Op("And", [b.Greater(y, c.Zero(y)), b.Less(y, b.ScalarLike(y, 1))]);
        return b.Where(inside, b.Mul(g, alpha), c.Zero(g));
    }

    private static Value HardSwish(VjpContext c, Value x, Value y, Value g)
    {
        GraphBuilder b = c.B;
        Value slope = b.Add(b.Div(x, 3), 0.5);
        Value right = b.Where(b.Less(x, b.ScalarLike(x, 3)), b.Mul(g, slope), g);
        return b.Where(b.Greater(x, b.ScalarLike(x, -3)), right, c.Zero(g));
    }

    // y = x where x > 0, else slope x: dx = g or slope g, dslope = sum_to(slope) (0 or g x)
    private static IReadOnlyList<Value?> PRelu(VjpContext c)
    {
        Value positive = c.B.Greater(c[0], c.Zero(c[0]));
        return
        [
            c.If(0, () => c.B.Where(positive, c.G, c.B.Mul(c.G, c[1]))),
            c.If(1, () => c.SumTo(c.B.Where(positive, c.Zero(c.G), c.B.Mul(c.G, c[0])), c[1], c.Y)),
        ];
    }

    // y = (x1 + x2 + ...) / n: dxi = sum_to(xi) g / n
    private static IReadOnlyList<Value?> Mean(VjpContext c)
    {
        Value share = c.B.Div(c.G, c.Node.Inputs.Count);
        return [.. Enumerable.Range(0, c.Node.Inputs.Count).Select(i => c.If(i, () => c.SumTo(share, c[i], c.Y)))];
    }

    private static Value Whole(VjpContext c, Value x) => c.B.Mul(c.B.Op("Sign", [x]), c.B.Op("Floor", [c.B.Abs(x)]));

    private static Value OneLessSquare(VjpContext c, Value x) => c.B.Sub(c.B.ScalarLike(x, 1), c.B.Mul(x, x));

    private static Value Square(VjpContext c, Value x) => c.B.Mul(x, x);

    private static float Attribute(VjpContext c, string name, float absent) => c.Node.Attributes.Float(name, absent);

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
