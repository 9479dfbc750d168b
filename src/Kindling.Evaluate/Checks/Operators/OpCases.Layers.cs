using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Layers that are read from ONNX as many operators: all their outputs together.</content>
internal static partial class OpCases
{
    private static IEnumerable<OpCase> Layers =>
        [
            Recurrent("LSTM", "x0,x1,x2,x3,lens,x4,x5,x6", 4, 3),
            Recurrent("LSTM", "x0,x1,x2", 4, 3, ("direction", "bidirectional")),
            Recurrent("GRU", "x0,x1,x2,x3,lens,x4", 3, 2),
            Recurrent("GRU", "x0,x1,x2,x3,,x4", 3, 2, ("linear_before_reset", 1L), ("direction", "reverse")),
            Fused("BiasGelu", [S(2, 3), S(3)]),
            Fused("FastGelu", [S(2, 3), S(3)]),
            Fused("QuickGelu", [S(2, 3)]),
            Fused("SkipLayerNormalization", [S(2, 2, 3), S(2, 2, 3), S(3), S(3), S(3)]),
            Fused("SkipSimplifiedLayerNormalization", [S(2, 2, 3), S(2, 2, 3), S(3)]),
            Fused("RotaryEmbedding", [S(2, 3, 4)], ("num_heads", 2L)),
            Fused("Attention", [S(2, 3, 4), S(4, 12), S(12)], ("num_heads", 2L), ("unidirectional", 1L)),
            Fused("MultiHeadAttention", [S(2, 2, 4), S(2, 3, 4), S(2, 3, 4), S(12)], ("num_heads", 2L)),
            Fused("Gelu", [S(2, 3)]),
            Fused("SimplifiedLayerNormalization", [S(2, 3), S(3)]),
            new("SimplifiedLayerNormalization", (b, x) => Read(b, 17, "SimplifiedLayerNormalization", x), S("n", 3), S(3)),
            Fused("FusedMatMul", [S(2, 3), S(4, 3)], ("transB", 1L), ("alpha", 0.5f)),
            Fused("FusedGemm", [S(2, 3), S(3, 2), S(2)], ("activation", "Tanh")),
            Fused("FusedConv", [S(1, 2, 4), S(2, 2, 3), S(2)], ("activation", "Sigmoid")),
            new(
                "com.microsoft.EmbedLayerNormalization",
                (b, x) =>
                    Read(
                        b,
                        17,
                        "com.microsoft.EmbedLayerNormalization",
                        [b.Constant(Tensor.Of<int>([1, 0, 2, 1], 2, 2)), null, x[0], x[1], null, x[2], x[3]]
                    ),
                S(3, 4),
                S(2, 4),
                S(4),
                S(4)
            ),
            Recurrent("RNN", "x0,x1,x2,x3,lens,x4", 1, 2, ("direction", "bidirectional")),
        ];

    // 3 steps of 2 sequences of lengths 3 and 1: x, W, R, bias, initial states, peepholes
    private static OpCase Recurrent(string op, string inputs, int gates, int outputs, params (string, object)[] attributes)
    {
        const int Size = 2;
        int directions = attributes.Contains(("direction", "bidirectional")) ? 2 : 1;
        Shape[] all =
        [
            S(3, 2, Size),
            S(directions, gates * Size, Size),
            S(directions, gates * Size, Size),
            S(directions, 2 * gates * Size),
            S(directions, 2, Size),
            S(directions, 2, Size),
            S(directions, 3 * Size),
        ];
        Shape[] given = [.. all.Where((_, i) => inputs.Contains($"x{i}", StringComparison.Ordinal))];
        return new(
            $"{op} {string.Join(' ', attributes.Select(a => a.Item2))}",
            (b, x) =>
            {
                Dictionary<string, Value?> named = x.Select((value, i) => ($"x{i}", (Value?)value)).ToDictionary(StringComparer.Ordinal);
                named[""] = null;
                named["lens"] = b.Constant(Tensor.Of<int>([3, 1], 2));
                IEnumerable<Value?> values = ReadAll(
                    b,
                    14,
                    op,
                    inputs.Split(',').Select(name => named[name]),
                    outputs,
                    [("hidden_size", (long)Size), .. attributes]
                );
                return b.Concat(0, values.Select(value => b.Reshape(value!, -1)));
            },
            given
        );
    }

    // Whatever is no number to differentiate by is a constant.
    private static OpCase Fused(string op, Shape[] given, params (string, object)[] attributes) =>
        new(
            $"com.microsoft.{op}",
            (b, x) =>
            {
                Tensor[] constants = op switch
                {
                    "RotaryEmbedding" =>
                    [
                        Tensor.Vector(1L),
                        Tensor.Of<float>([1, 0.5f, -0.5f, 0.2f], 4, 1),
                        Tensor.Of<float>([0, 0.9f, 0.8f, -1], 4, 1),
                    ],
                    "Attention" or "MultiHeadAttention" => [Tensor.Of<int>([1, 1, 0, 1, 1, 1], 2, 3)],
                    _ => [],
                };
                return Read(b, 17, $"com.microsoft.{op}", [.. x, .. constants.Select(c => b.Constant(c))], attributes);
            },
            given
        );
}
