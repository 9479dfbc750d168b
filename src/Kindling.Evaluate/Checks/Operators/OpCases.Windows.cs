using Kindling.Autodiff.Passes;
using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Convolution and pooling.</content>
internal static partial class OpCases
{
    private static IEnumerable<OpCase> Windows =>
        [
            new("Conv", (b, x) => b.Conv(x[0], x[1], x[2], pads: [1, 1, 1, 1]), S("n", 2, 4, 3), S(2, 2, 3, 3), S(2)),
            new("Conv stride 2", (b, x) => b.Conv(x[0], x[1], null, [2, 2], [1, 1, 1, 1]), S("n", 1, 5, 4), S(2, 1, 3, 3)),
            new("Conv cropped", (b, x) => b.Conv(x[0], x[1], null, [3, 2]), S(2, 1, 7, 6), S(1, 1, 2, 3)),
            new("Conv dilated", (b, x) => b.Conv(x[0], x[1], null, [1, 2], [0, 1, 2, 0], [2, 1]), S(2, 2, 5, 5), S(1, 2, 2, 3)),
            new("Conv groups", (b, x) => b.Conv(x[0], x[1], x[2], pads: [1, 1, 1, 1], group: 2), S("n", 4, 3, 3), S(2, 2, 3, 3), S(2)),
            new("Conv 1 axis", (b, x) => b.Conv(x[0], x[1], null, [2], [1, 0]), S(2, 2, 6), S(3, 2, 3)),
            new(
                "Conv SAME",
                (b, x) => b.Op("Conv", [x[0], x[1]], ("auto_pad", "SAME_UPPER"), ("strides", new long[] { 2, 2 })),
                S(1, 1, 4, 5),
                S(1, 1, 3, 2)
            ),
            // with channels enough for columns
            new("Conv columns", (b, x) => b.Conv(x[0], x[1], x[2], pads: [1, 0, 0, 1]), S(1, 16, 2, 2), S(1, 16, 2, 2), S(1)),
            new("Conv columns cropped", (b, x) => b.Conv(x[0], x[1], null, [3, 2], [1, 0, 0, 0], [1, 2]), S(1, 16, 3, 3), S(1, 16, 2, 1)),
            new("Conv lowered", Lowered, S(2, 16, 3, 2), S(1, 16, 2, 2), S(1)),
            new("ConvTranspose columns", (b, x) => b.ConvTranspose(x[0], x[1], null, [2], [0, 1]), S(2, 1, 3), S(1, 16, 3)),
            new(
                "ConvTranspose",
                (b, x) => b.ConvTranspose(x[0], x[1], x[2], [2, 2], [1, 1, 1, 1], null, 1, [1, 0]),
                S("n", 2, 3, 2),
                S(2, 1, 3, 3),
                S(1)
            ),
            new("ConvTranspose dilated", (b, x) => b.ConvTranspose(x[0], x[1], null, [1, 1], null, [2, 1]), S(2, 1, 2, 3), S(1, 2, 2, 2)),
            new("ConvTranspose groups", (b, x) => b.ConvTranspose(x[0], x[1], null, [2], [0, 1], null, 2), S(2, 4, 3), S(4, 1, 3)),
            new("MaxPool", (b, x) => b.MaxPool(b.Exp(x[0]), [2, 2], [2, 2]), S("n", 2, 4, 5)),
            new("MaxPool overlapping", (b, x) => b.MaxPool(b.Exp(x[0]), [3, 3], [2, 2], [1, 1, 1, 1]), S(2, 1, 5, 5)),
            new(
                "MaxPool column by column",
                (b, x) => b.Op("MaxPool", [b.Exp(x[0])], ("kernel_shape", new long[] { 2, 2 }), ("storage_order", 1)),
                S(2, 1, 3, 4)
            ),
            new(
                "MaxPool SAME",
                (b, x) =>
                    b.Op(
                        "MaxPool",
                        [b.Exp(x[0])],
                        ("kernel_shape", new long[] { 2, 2 }),
                        ("strides", new long[] { 2, 2 }),
                        ("auto_pad", "SAME_LOWER")
                    ),
                S("n", 2, 3, 4)
            ),
            new("MaxPool 3 axes", (b, x) => b.MaxPool(b.Exp(x[0]), [2, 2, 1], null, [1, 0, 0, 0, 1, 0]), S(2, 1, 2, 3, 2)),
            new("MaxPool 1 axis", (b, x) => b.MaxPool(b.Exp(x[0]), [2]), S(2, 2, 5)),
            new("AveragePool", (b, x) => b.AveragePool(b.Exp(x[0]), [2, 2], [2, 2]), S("n", 2, 4, 5)),
            new("AveragePool pads", (b, x) => b.AveragePool(b.Exp(x[0]), [3, 3], [2, 1], [1, 1, 1, 1]), S(2, 1, 4, 3)),
            new(
                "AveragePool count",
                (b, x) =>
                    b.Op(
                        "AveragePool",
                        [b.Exp(x[0])],
                        ("kernel_shape", new long[] { 3, 2 }),
                        ("pads", new long[] { 1, 1, 1, 1 }),
                        ("count_include_pad", 1)
                    ),
                S(2, 1, 4, 3)
            ),
            new("GlobalAveragePool", (b, x) => b.GlobalAveragePool(b.Exp(x[0])), S("n", 2, 3, 2)),
            new("GlobalMaxPool", (b, x) => b.GlobalMaxPool(b.Exp(x[0])), S("n", 2, 3, 2)),
        ];

    private static Value Lowered(GraphBuilder b, Value[] x)
    {
        Graph lowered = ConvolutionLowering.Run(Convolution([2, 2], [1, 0, 0, 1], null, x));
        return b.Inline(lowered, lowered.Inputs.Zip(x).ToDictionary(pair => pair.First.Name, pair => pair.Second))["y"];
    }

    /// <summary>A convolution of inputs of the shapes of <paramref name="x"/>: the data, the weight and maybe the bias.</summary>
    public static Graph Convolution(long[]? strides, long[]? pads, long[]? dilations, IReadOnlyList<Value> x)
    {
        GraphBuilder b = new("convolution");
        Value[] inputs = [.. x.Select((value, i) => b.Input($"input{i}", value.Type, value.Shape))];
        Value y = b.Conv(inputs[0], inputs[1], inputs.ElementAtOrDefault(2), strides, pads, dilations);
        _ = b.Output(b.Identity(y), "y");
        return b.Graph;
    }
}
