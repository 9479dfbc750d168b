using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Operators that move elements, and indexing. Squared first, so that the second order is not zero.</content>
internal static partial class OpCases
{
    private static OpCase Move(string name, Func<GraphBuilder, Value, Value> build, params Dimension[] shape) =>
        new(name, (b, x) => build(b, b.Mul(x[0], x[0])), S(shape));

    private static Value At(GraphBuilder b, params long[] values) => b.Ints(values);

    private static IEnumerable<OpCase> Shapes =>
        [
            Move("Reshape", (b, x) => b.Reshape(x, [0, -1]), "n", 2, 3),
            Move("Flatten", (b, x) => b.Flatten(x), "n", 2, 3),
            Move("Flatten 0", (b, x) => b.Flatten(x, 0), 2, 3),
            Move("Reshape empty", (b, x) => b.Op("Reshape", [x, At(b, 3, 0)], ("allowzero", 1)), 0, 3),
            Move("Squeeze", (b, x) => b.Squeeze(x, 1), "n", 1, 3),
            Move("Unsqueeze", (b, x) => b.Unsqueeze(x, 0, -1), "n", 3),
            Move("Transpose", (b, x) => b.Transpose(x, 2, 0, 1), "n", 2, 3),
            Move("Transpose reverse", (b, x) => b.Transpose(x), 2, 3),
            Move("Expand", (b, x) => b.Expand(x, At(b, 2, 3, 4)), 3, 1),
            new("Concat", (b, x) => b.Concat(1, x[0], b.Mul(x[1], x[1])), S("n", 2), S("n", 3)),
            new("Concat symbols", (b, x) => b.Concat(0, x[0], b.Mul(x[1], x[1])), S("n", 2), S("n", 2)),
            new("Concat mixed", (b, x) => b.Concat(-2, b.Mul(x[1], x[1]), x[0]), S(2, 2), S("n", 2)),
            Move("Split", (b, x) => b.Split(x, 1, 1, 3)[1], "n", 4),
            Move("Split both", (b, x) => b.Split(x, 0, 2, 2) is var p ? b.Mul(p[0], p[1]) : x, 4, 2),
            Move("Slice", (b, x) => b.Slice(x, At(b, 1), At(b, 3), At(b, 1)), "n", 4),
            Move("Slice step", (b, x) => b.Slice(x, At(b, 1, 0), At(b, 8, 4), At(b, -1, 0), At(b, 3, 2)), 4, 9),
            Move("Slice back", (b, x) => b.Slice(x, At(b, -1), At(b, -100), At(b, 0), At(b, -2)), 5, 2),
            Move("Slice reverse", (b, x) => b.Slice(x, At(b, -1), At(b, -100), At(b, 1), At(b, -1)), "n", 3),
            Move("Slice symbol", (b, x) => b.Slice(x, At(b, 1), At(b, 100), At(b, 0)), "n", 2),
            Move("Slice symbol end", (b, x) => b.Slice(x, At(b, -2), At(b, -1), At(b, 0)), "n", 2),
            Move("Slice none", (b, x) => b.Slice(x, At(b, 2), At(b, 2), At(b, 0)), 4, 2),
            Move("Pad", (b, x) => b.Pad(x, At(b, 0, 1, 0, 2)), "n", 3),
            Move("Pad symbol", (b, x) => b.Pad(x, At(b, 1, 0, 2, 0)), "n", 3),
            Move("Pad cut", (b, x) => b.Pad(x, At(b, -1, 1, 1, -2)), 3, 4),
            new("Pad value", (b, x) => b.Pad(x[0], At(b, 0, 1, 1, 0), b.Mul(x[1], x[1])), S("n", 3), S()),
            Move("Pad edge", (b, x) => b.Op("Pad", [x, At(b, 1, 2, 1, 0)], ("mode", "edge")), 3, 4),
            Move("Pad reflect", (b, x) => b.Op("Pad", [x, At(b, 0, 2, 0, 1)], ("mode", "reflect")), "n", 4),
            Move("Pad edge symbol", (b, x) => b.Op("Pad", [x, At(b, 1, 1, 2, 0)], ("mode", "edge")), "n", 2),
            Move("Pad edge of 1", (b, x) => b.Op("Pad", [x, At(b, 1, 0, 2, 3)], ("mode", "edge")), 1, 2),
            Move("Pad reflect symbol", (b, x) => b.Op("Pad", [x, At(b, 2, 0, 1, 1)], ("mode", "reflect")), "n", 2),
            Move("Pad reflect all", (b, x) => b.Op("Pad", [x, At(b, 1, 2, 0, 1)], ("mode", "reflect")), 2, 3),
            Move("Tile", (b, x) => b.Tile(x, At(b, 2, 3)), 2, 2),
            Move("Tile symbol", (b, x) => b.Tile(x, At(b, 2, 1)), "n", 2),
        ];

    private static IEnumerable<OpCase> Indexing =>
        [
            Move("Gather", (b, x) => b.Gather(x, At(b, 2, 0, 2, -1), 1), "n", 3),
            Move("Gather often", (b, x) => b.Gather(x, b.Ints([.. Enumerable.Repeat(1L, 17), 0]), 1), "n", 3),
            Move("Gather windows", (b, x) => b.Gather(x, b.Ints(0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8), 1), "n", 9),
            Move("Gather scalar", (b, x) => b.Gather(x, b.Constant(Tensor.Scalar(1L)), 0), "n", 3),
            Move("Gather matrix", (b, x) => b.Gather(x, b.Constant(Tensor.Of<long>([0, 1, -1, 1], 2, 2)), -1), 2, 3),
            Move("GatherElements", (b, x) => b.GatherElements(x, b.Constant(Tensor.Of<long>([0, 0, -1, 1], 2, 2)), 1), 2, 3),
            new(
                "ScatterElements add",
                (b, x) => b.ScatterElements(b.Exp(x[0]), b.Constant(Tensor.Of<long>([0, 0, -1, 1], 2, 2)), b.Exp(x[1]), 1, "add"),
                S(2, 3),
                S(2, 2)
            ),
            new(
                "ScatterElements put",
                (b, x) => b.ScatterElements(b.Exp(x[0]), b.Constant(Tensor.Of<long>([0, 2, -1, 1], 2, 2)), b.Exp(x[1]), 1),
                S(2, 3),
                S(2, 2)
            ),
            new("OneHot", (b, x) => b.OneHot(At(b, 0, 2, -1), b.Constant(Tensor.Scalar(4L)), b.Exp(x[0])), S(2)),
        ];
}
