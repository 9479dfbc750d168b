namespace Kindling.Graphs.Ops;

/// <summary>Element by element: unary, binary and variadic with broadcasting, comparison, selection, casts.</summary>
internal static class ElementwiseOps
{
    public static IEnumerable<OpSchema> All =>
        [
            .. new[]
            {
                "Neg",
                "Abs",
                "Sqrt",
                "Reciprocal",
                "Exp",
                "Log",
                "Sin",
                "Cos",
                "Tan",
                "Asin",
                "Acos",
                "Atan",
                "Sinh",
                "Cosh",
                "Tanh",
                "Asinh",
                "Acosh",
                "Atanh",
                "Sigmoid",
                "Relu",
                "Softplus",
                "Erf",
                "Softsign",
                "HardSwish",
                "Sign",
                "Floor",
                "Ceil",
                "Round",
                "Identity",
            }.Select(name => Unary(name)),
            Unary("LeakyRelu", "alpha"),
            Unary("Elu", "alpha"),
            Unary("Selu", "alpha", "gamma"),
            Unary("Celu", "alpha"),
            Unary("HardSigmoid", "alpha", "beta"),
            Unary("ThresholdedRelu", "alpha"),
            Unary("Shrink", "bias", "lambd"),
            new("PRelu", 2, 2, 1, [], PRelu),
            new("IsNaN", 1, 1, 1, [], c => c.Set(ElementType.Bool, c[0].Shape)),
            new("IsInf", 1, 1, 1, ["detect_negative", "detect_positive"], c => c.Set(ElementType.Bool, c[0].Shape)),
            new("Not", 1, 1, 1, [], c => c.Set(ElementType.Bool, c[0].Shape)),
            new("Clip", 1, 3, 1, [], c => c.Set(c[0].Type, c[0].Shape)),
            new("Cast", 1, 1, 1, ["to"], Cast),
            new("CastLike", 2, 2, 1, [], c => c.Set(c[1].Type, c[0].Shape)),
            .. new[] { "Add", "Sub", "Mul", "Div" }.Select(name => new OpSchema(name, 2, 2, 1, [], c => Arithmetic(c, name))),
            new("Pow", 2, 2, 1, [], c => c.Set(c[0].Type, Broadcast.Of(c, c[0].Shape, c[1].Shape))),
            new("Mod", 2, 2, 1, ["fmod"], Mod),
            .. new[] { "Min", "Max", "Sum", "Mean" }.Select(name => new OpSchema(name, 1, int.MaxValue, 1, [], Variadic)),
            .. new[] { "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal" }.Select(name => new OpSchema(
                name,
                2,
                2,
                1,
                [],
                Compare
            )),
            .. new[] { "And", "Or", "Xor" }.Select(name => new OpSchema(name, 2, 2, 1, [], Logical)),
            new("Where", 3, 3, 1, [], Where),
        ];

    private static OpSchema Unary(string name, params string[] attributes) =>
        new(
            name,
            1,
            1,
            1,
            attributes,
            c =>
            {
                c.Set(c[0].Type, c[0].Shape);
                c.KnownElements = name == "Identity" ? c[0].KnownElements : null;
            }
        );

    private static void Cast(InferenceContext c)
    {
        ElementType to = (ElementType)c.Node.Attributes.Int("to", 0);
        if (!Enum.IsDefined(to))
        {
            throw c.Fail($"cast to element type {(int)to} is not supported");
        }

        c.Set(to, c[0].Shape);
        c.KnownElements = to is ElementType.Int64 or ElementType.Int32 ? c[0].KnownElements : null;
    }

    private static void Arithmetic(InferenceContext c, string name)
    {
        SameType(c, 2);
        c.Set(c[0].Type, Broadcast.Of(c, c[0].Shape, c[1].Shape));
        if (c[0].KnownElements is { } a && c[1].KnownElements is { } b && (a.Count == b.Count || a.Count == 1 || b.Count == 1))
        {
            Dimension?[] result =
            [
                .. Enumerable
                    .Range(0, Math.Min(a.Count, b.Count) == 0 ? 0 : Math.Max(a.Count, b.Count))
                    .Select(i => Fold(name, a[a.Count == 1 ? 0 : i], b[b.Count == 1 ? 0 : i])),
            ];
            c.KnownElements = Array.TrueForAll(result, r => r is not null) ? [.. result.Select(r => r!.Value)] : null;
        }
    }

    private static Dimension? Fold(string name, Dimension a, Dimension b) =>
        name switch
        {
            "Mul" => a * b,
            "Div" => b.Is(0) ? (Dimension?)null : Dimension.Divide(a, b),
            "Add" when a.IsKnown && b.IsKnown => a.Size + b.Size,
            "Sub" when a.IsKnown && b.IsKnown && a.Size >= b.Size => a.Size - b.Size,
            _ => null,
        };

    private static void Variadic(InferenceContext c)
    {
        SameType(c, c.Node.Inputs.Count);
        Shape shape = c[0].Shape;
        for (int i = 1; i < c.Node.Inputs.Count; i++)
        {
            shape = Broadcast.Of(c, shape, c[i].Shape);
        }

        c.Set(c[0].Type, shape);
    }

    private static void Compare(InferenceContext c)
    {
        SameType(c, 2);
        c.Set(ElementType.Bool, Broadcast.Of(c, c[0].Shape, c[1].Shape));
    }

    private static void Logical(InferenceContext c)
    {
        if (c[0].Type != ElementType.Bool || c[1].Type != ElementType.Bool)
        {
            throw c.Fail($"both inputs must be Bool, got {c[0].Type} and {c[1].Type}");
        }

        Compare(c);
    }

    private static void Mod(InferenceContext c)
    {
        SameType(c, 2);
        if (c[0].Type.IsFloat() && c.Node.Attributes.Int("fmod", 0) == 0)
        {
            throw c.Fail($"of {c[0].Type} there is only the remainder with fmod 1");
        }

        c.Set(c[0].Type, Broadcast.Of(c, c[0].Shape, c[1].Shape));
    }

    // The slope broadcasts to the input, not the other way round.
    private static void PRelu(InferenceContext c)
    {
        SameType(c, 2);
        if (c[1].Rank > c[0].Rank)
        {
            throw c.Fail($"a slope {c[1].Shape} does not broadcast to {c[0].Shape}");
        }

        c.Set(c[0].Type, Broadcast.Of(c, c[0].Shape, c[1].Shape));
    }

    private static void Where(InferenceContext c)
    {
        if (c[0].Type != ElementType.Bool)
        {
            throw c.Fail($"the condition must be Bool, got {c[0].Type}");
        }

        if (c[1].Type != c[2].Type)
        {
            throw c.Fail($"both branches must have one element type, got {c[1].Type} and {c[2].Type}");
        }

        c.Set(c[1].Type, Broadcast.Of(c, c[0].Shape, Broadcast.Of(c, c[1].Shape, c[2].Shape)));
    }

    private static void SameType(InferenceContext c, int count)
    {
        for (int i = 1; i < count; i++)
        {
            if (c[i].Type != c[0].Type)
            {
                throw c.Fail($"inputs must have one element type, got {c[0].Type} and {c[i].Type}");
            }
        }
    }
}
