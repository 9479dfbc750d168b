using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Normalisations, losses, and others that are read as what defines them.</content>
internal static partial class OpCases
{
    private static OpCase Whole(string name, int opset, Shape shape, params (string Name, object Value)[] attributes) =>
        new(name, (b, x) => Read(b, opset, name.Split(' ')[0], [x[0]], attributes), shape);

    private static IEnumerable<OpCase> Normalizations =>
        [
            new(
                "BatchNormalization",
                (b, x) => Read(b, 15, "BatchNormalization", [x[0], x[1], x[2], x[3], b.Exp(x[4])]),
                S("n", 2, 3),
                S(2),
                S(2),
                S(2),
                S(2)
            ),
            new(
                "BatchNormalization training",
                (b, x) => Read(b, 15, "BatchNormalization", [x[0], x[1], x[2], x[3], b.Exp(x[4])], ("training_mode", 1L)),
                S(3, 2, 2),
                S(2),
                S(2),
                S(2),
                S(2)
            ),
            new("InstanceNormalization", (b, x) => Read(b, 6, "InstanceNormalization", x), S("n", 2, 4), S(2), S(2)),
            new("GroupNormalization", (b, x) => Read(b, 21, "GroupNormalization", x, ("num_groups", 2L)), S("n", 4, 3), S(4), S(4)),
            Whole("MeanVarianceNormalization", 13, S(2, 2, 2, 3)),
            Whole("LpNormalization", 1, S("n", 4)),
            Whole("LpNormalization 1", 1, S("n", 3, 2), ("p", 1L), ("axis", 1L)),
            Whole("LRN", 13, S("n", 4, 2, 2), ("size", 3L), ("alpha", 0.5f)),
            Whole("LpPool", 11, S("n", 1, 4, 4), ("kernel_shape", new[] { 2L, 2L }), ("strides", new[] { 2L, 2L })),
            Whole("GlobalLpPool", 2, S("n", 2, 3)),
            Whole("Gelu", 20, S("n", 4)),
            Whole("Gelu tanh", 20, S("n", 4), ("approximate", "tanh")),
            Whole("Mish", 18, S("n", 4)),
            new("Dropout", (b, x) => Read(b, 12, "Dropout", [b.Exp(x[0])]), S("n", 4)),
            new("DepthToSpace", (b, x) => Read(b, 13, "DepthToSpace", [b.Exp(x[0])], ("blocksize", 2L)), S("n", 4, 1, 2)),
            new("SpaceToDepth", (b, x) => Read(b, 13, "SpaceToDepth", [b.Exp(x[0])], ("blocksize", 2L)), S("n", 1, 2, 4)),
            new(
                "Scatter",
                (b, x) => Read(b, 9, "Scatter", [b.Exp(x[0]), b.Constant(Table([2, 2], 0, 1, 1, 0)), b.Exp(x[1])]),
                S(2, 3),
                S(2, 2)
            ),
            .. from reduction in new[] { "none", "sum", "mean" }
            from ignored in new[] { false, true }
            select new OpCase(
                $"NegativeLogLikelihoodLoss {reduction} {ignored}",
                (b, x) => Read(b, 13, "NegativeLogLikelihoodLoss", [b.Sin(x[0]), Labels(b), b.Exp(x[1])], Loss(reduction, ignored)),
                S(3, 4),
                S(4)
            ),
            .. from reduction in new[] { "none", "sum", "mean" }
            select new OpCase(
                $"SoftmaxCrossEntropyLoss {reduction}",
                (b, x) => Read(b, 13, "SoftmaxCrossEntropyLoss", [x[0], Labels(b)], Loss(reduction, ignored: false)),
                S(3, 4)
            ),
        ];

    private static IEnumerable<OpCase> Quantized =>
        [
            new("DequantizeLinear", (b, x) => Read(b, 13, "DequantizeLinear", [b.Exp(x[0]), b.Scalar(0.5f), Zero(b)]), S("n", 3)),
            new("DynamicQuantizeLinear", (b, x) => Read(b, 11, "DynamicQuantizeLinear", [b.Exp(x[0])]), S("n", 3)),
            new("MatMulInteger", (b, x) => Read(b, 10, "MatMulInteger", [x[0], x[1], null, Zero(b)]), S("n", 3), S(3, 2)),
            new("ConvInteger", (b, x) => Read(b, 10, "ConvInteger", [x[0], x[1]]), S("n", 1, 4), S(2, 1, 2)),
        ];

    private static Value Zero(GraphBuilder b) => b.Constant(Tensor.Of<sbyte>([3]));

    private static Value Labels(GraphBuilder b) => b.Ints(1, 3, 0);

    private static (string Name, object Value)[] Loss(string reduction, bool ignored) =>
        ignored ? [("reduction", reduction), ("ignore_index", 3L)] : [("reduction", reduction)];
}
