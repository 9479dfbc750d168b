using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>The rows: every differentiable operator with the cases that its rule tells apart.</summary>
internal static partial class OpCases
{
    /// <summary>Operators that no gradient passes: their results, as floats.</summary>
    public static IEnumerable<OpCase> Stops =>
        [
            .. new[] { "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal" }.Select(op => new OpCase(
                op,
                (b, x) => AsFloat(b, b.Op(op, [x[0], x[1]])),
                S("n", 3),
                S(3)
            )),
            .. new[] { "And", "Or", "Xor" }.Select(op => new OpCase(
                op,
                (b, x) => AsFloat(b, b.Op(op, [Positive(b, x[0]), Positive(b, x[1])])),
                S("n", 3),
                S(3)
            )),
            new("Not", (b, x) => AsFloat(b, b.Op("Not", [Positive(b, x[0])])), S("n", 3)),
            new("IsNaN", (b, x) => AsFloat(b, b.Op("IsNaN", [b.Sqrt(x[0])])), S("n", 3)),
            new("IsInf", (b, x) => AsFloat(b, b.Op("IsInf", [b.Div(x[0], b.Relu(x[0]))])), S("n", 3)),
            .. new[] { "Sign", "Floor", "Ceil", "Round" }.Select(op => new OpCase(op, (b, x) => b.Op(op, [x[0]]), S("n", 3))),
            new("Hardmax", (b, x) => b.Op("Hardmax", [x[0]]), S("n", 3)),
            .. new[] { "Shape", "Size" }.Select(op => new OpCase(op, (b, x) => AsFloat(b, b.Op(op, [x[0]])), S("n", 3))),
            .. new[] { "ArgMax", "ArgMin" }.Select(op => new OpCase(op, (b, x) => AsFloat(b, b.Op(op, [x[0]], ("axis", 1))), S("n", 3))),
            new("EyeLike", (b, x) => b.Op("EyeLike", [x[0]]), S(2, 3)),
            new("Range", (b, x) => AsFloat(b, b.Op("Range", [Number(b, 1), Number(b, 9), Number(b, 3)])), S(1)),
            new("ConstantOfShape", (b, x) => b.ConstantOfShape(b.ShapeOf(x[0]), Tensor.Of<float>([2], 1)), S("n", 3)),
            // the straight-through estimate is no gradient that differences could see
            new(
                "QuantizeLinear",
                (b, x) => Read(b, 13, "QuantizeLinear", [x[0], b.Scalar(0.3f), b.Constant(Tensor.Of<sbyte>([3]))]),
                S("n", 3)
            ),
            new(
                "QLinearMatMul",
                (b, x) => Read(b, 10, "QLinearMatMul", [x[0], .. Levels(b), x[1], .. Levels(b), .. Levels(b)]),
                S("n", 3),
                S(3, 2)
            ),
            new(
                "QLinearConv",
                (b, x) => Read(b, 10, "QLinearConv", [x[0], .. Levels(b), x[1], .. Levels(b), .. Levels(b)]),
                S("n", 1, 4),
                S(2, 1, 2)
            ),
            new("Constant", (b, x) => b.Identity(b.Constant(Tensor.Vector(2f, 3f))), S(1)),
        ];

    private static Value[] Levels(GraphBuilder b) => [b.Scalar(0.3f), b.Constant(Tensor.Of<sbyte>([3]))];

    private static Value AsFloat(GraphBuilder b, Value value) => b.Cast(value, ElementType.Float);

    private static Value Positive(GraphBuilder b, Value value) => b.Greater(value, b.Scalar(0));

    private static Value Number(GraphBuilder b, long value) => b.Constant(Tensor.Scalar(value));

    /// <summary>Operators that a gradient passes.</summary>
    public static IEnumerable<OpCase> All =>
        [
            .. Elementwise,
            .. Broadcasts,
            .. Matrix,
            .. Windows,
            .. Reductions,
            .. Shapes,
            .. Indexing,
            .. Layers,
            .. SeveralIndices,
            .. OtherForms,
            .. Einsum,
            .. Resampling,
            .. Normalizations,
            .. Quantized,
        ];

    private static Shape S(params Dimension[] dimensions) => new(dimensions);

    private static OpCase Unary(string op, double low = -2, double high = 2) =>
        new(op, (b, x) => b.Op(op, [x[0]]), S("n", 4)) { Low = low, High = high };

    private static IEnumerable<OpCase> Elementwise =>
        [
            Unary("Identity"),
            Unary("Neg"),
            Unary("Abs"),
            Unary("Sqrt", 0.5, 3),
            Unary("Reciprocal", 0.5, 3),
            Unary("Exp"),
            Unary("Log", 0.5, 3),
            Unary("Sin"),
            Unary("Cos"),
            Unary("Tan", -1, 1),
            Unary("Asin", -0.9, 0.9),
            Unary("Acos", -0.9, 0.9),
            Unary("Atan"),
            Unary("Sinh"),
            Unary("Cosh"),
            Unary("Tanh"),
            Unary("Asinh"),
            Unary("Acosh", 1.5, 3),
            Unary("Atanh", -0.9, 0.9),
            Unary("Sigmoid"),
            Unary("Relu"),
            Unary("Softplus"),
            Unary("Erf"),
            Unary("LeakyRelu"),
            Unary("Elu"),
            Unary("Selu"),
            Unary("Celu"),
            Unary("Softsign"),
            Unary("HardSigmoid", -4, 4),
            Unary("HardSwish", -5, 5),
            Unary("ThresholdedRelu"),
            Unary("Shrink"),
            new("Selu attributes", (b, x) => b.Op("Selu", [x[0]], ("alpha", 0.7f), ("gamma", 2f)), S(6)),
            new("Celu alpha", (b, x) => b.Op("Celu", [x[0]], ("alpha", 0.5f)), S(6)),
            new("HardSigmoid attributes", (b, x) => b.Op("HardSigmoid", [x[0]], ("alpha", 0.5f), ("beta", 0.4f)), S(6)),
            new("Shrink attributes", (b, x) => b.Op("Shrink", [x[0]], ("lambd", 1f), ("bias", 0.5f)), S(6)),
            new("PRelu", (b, x) => b.Op("PRelu", [x[0], x[1]]), S("n", 4), S(4)),
            new("PRelu channels", (b, x) => b.Op("PRelu", [x[0], x[1]]), S("n", 2, 3), S(2, 1)),
            new("CastLike", (b, x) => b.Op("CastLike", [b.Exp(x[0]), x[1]]), S(3), S(2)),
            new("Mod", (b, x) => b.Op("Mod", [b.Mul(x[0], 3), x[1]], ("fmod", 1)), S(2, 4), S(4)) { Low = 0.6, High = 1.7 },
            new("Mod negative", (b, x) => b.Op("Mod", [b.Mul(x[0], -3), x[1]], ("fmod", 1)), S(4), S(4)) { Low = 0.6, High = 1.7 },
            new("Sum of 3", (b, x) => b.Op("Sum", [x[0], x[1], x[2]]), S("n", 3), S(3), S()),
            new("Sum of 1", (b, x) => b.Op("Sum", [x[0]]), S(3)),
            new("Mean of 3", (b, x) => b.Op("Mean", [x[0], x[1], b.Mul(x[0], x[1])]), S(2, 3), S(3)),
            new("LeakyRelu alpha", (b, x) => b.LeakyRelu(x[0], 0.3f), S(4)),
            new("Elu alpha", (b, x) => b.Elu(x[0], 0.7f), S(6)),
            new("Clip constant", (b, x) => b.Clip(x[0], b.Scalar(-1), b.Scalar(1)), S("n", 4)),
            new("Clip low", (b, x) => b.Clip(x[0], b.Scalar(0), null), S("n", 4)),
            new("Cast", (b, x) => b.Cast(b.Cast(b.Exp(x[0]), ElementType.Double), ElementType.Float), S(3)),
            new("Pow 2", (b, x) => b.Pow(x[0], b.Scalar(2)), S("n", 4)),
            new("Pow 3", (b, x) => b.Pow(x[0], b.Scalar(3)), S("n", 4)),
            new("Pow 1", (b, x) => b.Pow(x[0], b.Scalar(1)), S(4)),
            new("Pow", (b, x) => b.Pow(x[0], x[1]), S(2, 3), S(3)) { Low = 0.5 },
            new("Max of 3", (b, x) => b.Max(x[0], x[1], x[2]), S(2, 3), S(3), S(2, 1)),
            new("Min of 2", (b, x) => b.Min(x[0], x[1]), S("n", 3), S(3)),
            new("Max of 1", (b, x) => b.Max(x[0]), S(3)),
            new("Where", (b, x) => b.Where(b.Greater(x[0], b.Scalar(0)), x[1], x[2]), S(2, 3), S(3), S(2, 1)),
        ];

    // the 8 pairs of shapes, for each operator of two inputs
    private static IEnumerable<OpCase> Broadcasts =>
        from op in new[] { "Add", "Sub", "Mul", "Div" }
        from pair in new (Shape, Shape)[]
        {
            (S(2, 3), S(2, 3)),
            (S(), S(2, 3)),
            (S(2, 3), S(3)),
            (S(1, 3), S(2, 1)),
            (S("n", 3), S(1, 3)),
            (S("n", 3), S()),
            (S(1), S(2, 1, 3)),
            (S(0, 3), S(1, 3)),
        }
        select new OpCase(op, (b, x) => b.Op(op, [x[0], x[1]]), pair.Item1, pair.Item2) { Low = 0.5 };

    private static IEnumerable<OpCase> Matrix =>
        [
            new("MatMul", (b, x) => b.MatMul(x[0], x[1]), S("n", 2), S(2, 4)),
            new("MatMul batch", (b, x) => b.MatMul(x[0], x[1]), S("n", 2, 3), S("n", 3, 2)),
            new("MatMul broadcast", (b, x) => b.MatMul(x[0], x[1]), S("n", 2, 3), S(3, 2)),
            new("MatMul broadcast 1", (b, x) => b.MatMul(x[0], x[1]), S(2, 1, 2, 3), S(3, 3, 2)),
            new("MatMul row", (b, x) => b.MatMul(x[0], x[1]), S(3), S(3, 2)),
            new("MatMul column", (b, x) => b.MatMul(x[0], x[1]), S(2, 2, 3), S(3)),
            new("MatMul dot", (b, x) => b.MatMul(x[0], x[1]), S(3), S(3)),
            new("MatMul empty", (b, x) => b.MatMul(x[0], x[1]), S(2, 0), S(0, 3)),
            .. from ta in new[] { false, true }
            from tb in new[] { false, true }
            select new OpCase(
                $"Gemm {ta} {tb}",
                (b, x) => b.Gemm(x[0], x[1], x[2], ta, tb, 0.5f, 2),
                ta ? S(2, "n") : S("n", 2),
                tb ? S(4, 2) : S(2, 4),
                S(4)
            ),
            new("Gemm plain", (b, x) => b.Gemm(x[0], x[1]), S("n", 2), S(2, 4)),
            new("Gemm scalar", (b, x) => b.Gemm(x[0], x[1], x[2]), S(2, 2), S(2, 2), S()),
        ];

    private static IEnumerable<OpCase> Reductions =>
        [
            .. from op in new[]
            {
                "ReduceSum",
                "ReduceMean",
                "ReduceMax",
                "ReduceMin",
                "ReduceL1",
                "ReduceL2",
                "ReduceSumSquare",
                "ReduceLogSumExp",
            }
            from axes in new long[]?[] { null, [1], [0, -1] }
            from keep in new[] { true, false }
            select new OpCase(
                $"{op} {(axes is null ? "all" : string.Join('/', axes))} {keep}",
                (b, x) => Reduce(b, op, x[0], axes, keep),
                S("n", 2, 4)
            ),
            .. from axes in new long[]?[] { null, [1], [2, 0] }
            from keep in new[] { true, false }
            select new OpCase(
                $"ReduceProd {(axes is null ? "all" : string.Join('/', axes))} {keep}",
                (b, x) => Reduce(b, "ReduceProd", x[0], axes, keep),
                S(2, 3, 2)
            ),
            new("ReduceProd symbol", (b, x) => Reduce(b, "ReduceProd", x[0], [-1], true), S("n", 5)),
            new(
                "ReduceProd of zeros",
                (b, x) => Reduce(b, "ReduceProd", b.Mul(x[0], b.Constant(Tensor.Of<float>([0, 1, 0, 1, 1, 0, 1, 1], 2, 4))), [1], true),
                S(2, 4)
            ),
            new("ReduceProd of 1", (b, x) => Reduce(b, "ReduceProd", x[0], [1], false), S(2, 1)),
            new("ReduceLogSum", (b, x) => Reduce(b, "ReduceLogSum", x[0], [1], true), S("n", 3)) { Low = 0.5 },
            new("ReduceLogSum all", (b, x) => Reduce(b, "ReduceLogSum", x[0], null, false), S(2, 3)) { Low = 0.5 },
            new("ReduceL2 of zeros", (b, x) => b.Exp(Reduce(b, "ReduceL2", b.Mul(x[0], 0), [1], true)), S(2, 3)),
            .. from exclusive in new[] { 0, 1 }
            from reverse in new[] { 0, 1 }
            select new OpCase(
                $"CumSum {exclusive} {reverse}",
                (b, x) => b.Op("CumSum", [x[0], b.Constant(Tensor.Scalar(-1L))], ("exclusive", exclusive), ("reverse", reverse)),
                S("n", 4)
            ),
            new("Trilu", (b, x) => b.Op("Trilu", [x[0]]), S(2, 3, 4)),
            new("Trilu lower", (b, x) => b.Op("Trilu", [x[0], b.Constant(Tensor.Scalar(1L))], ("upper", 0)), S("n", 4)),
            new("ReduceSum empty", (b, x) => b.ReduceSum(x[0], [1]), S(2, 0, 3)),
            new("ReduceMean of 1", (b, x) => b.ReduceMean(x[0], [1]), S(2, 1, 3)),
            new("Softmax", (b, x) => b.Softmax(x[0]), S("n", 4)),
            new("Softmax 1", (b, x) => b.Softmax(x[0], 1), S(2, 3, 2)),
            new("Softmax 0", (b, x) => b.Softmax(x[0], 0), S("n", 2)),
            new("LogSoftmax", (b, x) => b.LogSoftmax(x[0]), S("n", 4)),
            new("LogSoftmax 0", (b, x) => b.LogSoftmax(x[0], 0), S("n", 2)),
            new("LogSoftmax 1", (b, x) => b.LogSoftmax(x[0], 1), S(2, 3, 2)),
            new("LogSoftmax of 1", (b, x) => b.LogSoftmax(x[0], 1), S(2, 1)),
            new("LogSoftmax flat", (b, x) => Read(b, 11, "LogSoftmax", [x[0]], ("axis", 1L)), S("n", 2, 3)),
            new("LayerNormalization", (b, x) => b.LayerNormalization(x[0], x[1], x[2]), S("n", 4), S(4), S(4)),
            new("LayerNormalization 1", (b, x) => b.LayerNormalization(x[0], x[1], null, 1), S(2, 3, 2), S(3, 2)),
        ];

    private static Value Reduce(GraphBuilder b, string op, Value x, long[]? axes, bool keep) =>
        op == "ReduceSum" ? b.ReduceSum(x, axes, keep) : b.Op(op, [x], ("axes", axes), ("keepdims", keep));
}
