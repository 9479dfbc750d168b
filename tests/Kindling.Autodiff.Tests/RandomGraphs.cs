using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

/// <summary>
/// Graphs that are composed of operators by a list of numbers: each number picks an operator and what it takes of the values so far. Every step keeps values
/// between about -2 and 2 and away from poles, so that a long chain stays well conditioned.
/// </summary>
internal static class RandomGraphs
{
    private const int Rows = 3;
    private const int Columns = 4;

    /// <summary>Shapes of the inputs of all graphs.</summary>
    public static IReadOnlyList<Shape> Inputs { get; } =
    [Shape.Of(Rows, Columns), Shape.Of(Columns), Shape.Of(Columns, Columns), Shape.Of(Rows, 1)];

    /// <summary>Steps of two values [Rows, Columns] to one of the same shape, by the operators that they are about.</summary>
    public static IReadOnlyList<(string Operators, Func<GraphBuilder, Value[], Value, Value, Value> Apply)> Steps { get; } =
    [
        .. new[]
        {
            "Tanh",
            "Sigmoid",
            "Sin",
            "Cos",
            "Erf",
            "Softplus",
            "Softsign",
            "Atan",
            "Elu",
            "Selu",
            "Celu",
            "Identity",
            "Neg",
        }.Select(op => Unary(op, (b, a) => b.Op(op, [a]))),
        .. new[] { "Relu", "LeakyRelu", "Abs", "HardSigmoid", "HardSwish", "ThresholdedRelu", "Shrink" }.Select(op =>
            Unary(op, (b, a) => b.Op(op, [b.Add(a, 0.0137)]))
        ),
        .. new[] { "Exp", "Sinh", "Cosh", "Asinh", "Tan", "Asin", "Acos", "Atanh" }.Select(op =>
            Unary(op, (b, a) => b.Op(op, [b.Mul(b.Tanh(a), 0.9)]))
        ),
        .. new[] { "Sqrt", "Log", "Reciprocal" }.Select(op => Unary(op, (b, a) => b.Op(op, [b.Add(b.Mul(a, a), 0.7)]))),
        Unary("Acosh", (b, a) => b.Op("Acosh", [b.Add(b.Mul(a, a), 1.5)])),
        Unary("Pow", (b, a) => b.Pow(a, b.Scalar(3))),
        Unary("Clip", (b, a) => b.Clip(a, b.Scalar(-0.93f), b.Scalar(0.91f))),
        Unary("Softmax", (b, a) => b.Softmax(a)),
        Unary("Softmax 0", (b, a) => b.Softmax(a, 0)),
        Unary("LogSoftmax", (b, a) => b.LogSoftmax(a)),
        Unary("CumSum", (b, a) => b.Op("CumSum", [a, b.Constant(Tensor.Scalar(1L))], ("reverse", 1))),
        Unary("Trilu", (b, a) => b.Op("Trilu", [a])),
        .. new[] { "ReduceMean", "ReduceMax", "ReduceMin", "ReduceLogSumExp", "ReduceL1", "ReduceSumSquare", "ReduceProd" }.Select(op =>
            Unary(op, (b, a) => b.Sub(a, b.Op(op, [a], ("axes", new long[] { 1 }), ("keepdims", 1))))
        ),
        Unary("ReduceL2", (b, a) => b.Div(a, b.Op("ReduceL2", [b.Add(b.Mul(a, a), 0.5)], ("axes", new long[] { 1 })))),
        Unary("ReduceSum", (b, a) => b.Sub(a, b.ReduceSum(a, [0]))),
        Unary("Transpose", (b, a) => b.Reshape(b.Transpose(a), Rows, Columns)),
        Unary(
            "Slice",
            (b, a) => b.Concat(1, b.Slice(a, b.Ints(2), b.Ints(4), b.Ints(1)), b.Slice(a, b.Ints(1), b.Ints(-9), b.Ints(1), b.Ints(-1)))
        ),
        Unary("Gather", (b, a) => b.Gather(a, b.Ints(2, 0, 2, -1), 1)),
        Unary("Gather each", (b, a) => b.Gather(a, b.Ints(2, 0, -1, 1), 1)),
        Unary("Mul number", (b, a) => b.Mul(a, b.Scalar(-0.4f))),
        Unary(
            "GatherElements",
            (b, a) => b.GatherElements(a, b.Constant(Tensor.Of<long>([0, 3, 3, 1, 2, 2, 0, 1, 1, 1, -1, 0], Rows, Columns)), 1)
        ),
        Unary("Pad", (b, a) => b.Slice(b.Pad(a, b.Ints(0, 2, 0, 0)), b.Ints(1), b.Ints(5), b.Ints(1))),
        Unary("Tile", (b, a) => b.Slice(b.Tile(a, b.Ints(1, 2)), b.Ints(0), b.Ints(8), b.Ints(1), b.Ints(2))),
        Unary("Expand", (b, a) => b.ReduceSum(b.Expand(b.Unsqueeze(a, 0), b.Ints(2, Rows, Columns)), [0], keepDims: false)),
        Unary("Split", (b, a) => b.Split(a, 1, 1, 3) is var p ? b.Concat(1, p[1], p[0]) : a),
        Unary("MaxPool", (b, a) => b.Squeeze(b.MaxPool(b.Unsqueeze(a, 0), [3], [1], [1, 1]), 0)),
        Unary("AveragePool", (b, a) => b.Squeeze(b.AveragePool(b.Unsqueeze(a, 0), [3], [1], [1, 1]), 0)),
        Binary("Add", (b, a, c) => b.Add(a, c)),
        Binary("Sub", (b, a, c) => b.Sub(a, c)),
        Binary("Mul", (b, a, c) => b.Mul(a, c)),
        Binary("Div", (b, a, c) => b.Div(a, b.Add(b.Mul(c, c), 0.7))),
        Binary("Max", (b, a, c) => b.Max(a, b.Add(c, 0.0171))),
        Binary("Min", (b, a, c) => b.Min(a, b.Add(c, 0.0171))),
        Binary("Where", (b, a, c) => b.Where(b.Greater(a, b.Scalar(0.0113f)), a, c)),
        Binary(
            "ScatterElements",
            (b, a, c) =>
                b.ScatterElements(
                    a,
                    b.Constant(Tensor.Of<long>([0, 1, 2, 2, 1, 0], 3, 2)),
                    b.Slice(c, b.Ints(1), b.Ints(3), b.Ints(1)),
                    0,
                    "add"
                )
        ),
        Binary("MatMul", (b, a, c) => b.MatMul(b.MatMul(a, b.Transpose(c)), a)),
        ("MatMul weight", (b, x, a, _) => b.MatMul(a, x[2])),
        ("Gemm", (b, x, a, _) => b.Gemm(a, x[2], x[1], false, true)),
        ("Mul column", (b, x, a, _) => b.Mul(a, x[3])),
        ("PRelu", (b, x, a, _) => b.Op("PRelu", [b.Add(a, 0.0137), x[1]])),
        ("LayerNormalization", (b, x, a, _) => b.LayerNormalization(b.Add(a, x[1]), x[1], x[1])),
        (
            "Conv",
            (b, x, a, _) =>
                b.Squeeze(
                    b.Conv(
                        b.Unsqueeze(a, 0),
                        b.Slice(b.Reshape(x[2], 1, 4, 4), b.Ints(0, 0), b.Ints(3, 3), b.Ints(1, 2)) is var w
                            ? b.Expand(w, b.Ints(Rows, 3, 3))
                            : a,
                        null,
                        [1],
                        [1, 1]
                    ),
                    0
                )
        ),
        (
            "ConvTranspose",
            (b, x, a, _) =>
                b.Squeeze(
                    b.ConvTranspose(
                        b.Unsqueeze(a, 0),
                        b.Expand(b.Reshape(b.Slice(x[1], b.Ints(0), b.Ints(3), b.Ints(0)), 1, 1, 3), b.Ints(Rows, Rows, 3)),
                        null,
                        [1],
                        [1, 1]
                    ),
                    0
                )
        ),
    ];

    /// <summary>The scalar of inputs of <see cref="Inputs"/> that a list of numbers means.</summary>
    public static Value Build(GraphBuilder b, Value[] x, IReadOnlyList<int> genome)
    {
        List<Value> values = [x[0], b.Tanh(b.MatMul(x[0], x[2]))];
        foreach (int gene in genome)
        {
            (int step, int rest) = (gene % Steps.Count, gene / Steps.Count);
            Value first = values[^(1 + (rest % Math.Min(3, values.Count)))];
            Value second = values[rest / 3 % values.Count];
            values.Add(b.Mul(b.Tanh(Steps[step].Apply(b, x, first, second)), 1.5));
        }

        // all that was left aside counts as well
        Value sum = values.Skip(2).Aggregate(values[1], (a, v) => b.Add(b.Mul(a, 0.5), v));
        return b.ReduceSum(b.Mul(sum, b.Sin(sum)), keepDims: false);
    }

    /// <summary>The steps of a list of numbers, for messages.</summary>
    public static string Describe(IEnumerable<int> genome) => string.Join(" > ", genome.Select(g => Steps[g % Steps.Count].Operators));

    private static (string, Func<GraphBuilder, Value[], Value, Value, Value>) Unary(string name, Func<GraphBuilder, Value, Value> apply) =>
        (name, (b, _, a, _) => apply(b, a));

    private static (string, Func<GraphBuilder, Value[], Value, Value, Value>) Binary(
        string name,
        Func<GraphBuilder, Value, Value, Value> apply
    ) => (name, (b, _, a, c) => apply(b, a, c));
}
