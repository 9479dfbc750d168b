using Google.Protobuf;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Kindling.TestSupport;

namespace Kindling.Autodiff.Tests;

/// <content>Layers that are read from ONNX as many operators: all their outputs together.</content>
public static partial class OpCases
{
    private static IEnumerable<OpCase> Layers =>
        [
            Recurrent("LSTM", "x0,x1,x2,x3,lens,x4,x5,x6", 4, 3),
            Recurrent("LSTM", "x0,x1,x2", 4, 3, ("direction", "bidirectional")),
            Recurrent("GRU", "x0,x1,x2,x3,lens,x4", 3, 2),
            Recurrent("GRU", "x0,x1,x2,x3,,x4", 3, 2, ("linear_before_reset", 1), ("direction", "reverse")),
            Fused("BiasGelu", [S(2, 3), S(3)]),
            Fused("FastGelu", [S(2, 3), S(3)]),
            Fused("QuickGelu", [S(2, 3)]),
            Fused("SkipLayerNormalization", [S(2, 2, 3), S(2, 2, 3), S(3), S(3), S(3)]),
            Fused("SkipSimplifiedLayerNormalization", [S(2, 2, 3), S(2, 2, 3), S(3)]),
            Fused("RotaryEmbedding", [S(2, 3, 4)], ("num_heads", 2)),
            Fused("Attention", [S(2, 3, 4), S(4, 12), S(12)], ("num_heads", 2), ("unidirectional", 1)),
            Fused("MultiHeadAttention", [S(2, 2, 4), S(2, 3, 4), S(2, 3, 4), S(12)], ("num_heads", 2)),
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
        string[] names = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")];
        GraphProto graph = ModelText.Graph(
            string.Join("; ", given.Select((shape, i) => $"x{i}: f[{string.Join(',', shape)}]")),
            string.Join("; ", names),
            ModelText.Node(op, inputs, string.Join(',', names), [("hidden_size", Size), .. attributes])
        );
        if (inputs.Contains("lens", StringComparison.Ordinal))
        {
            graph.Initializer.Add(ModelText.Constant("lens", Tensor.Of<int>([3, 1], 2)));
        }

        Graph read = OnnxReader.Read(ModelText.Model(graph).ToByteArray());
        return new(
            $"{op} {string.Join(' ', attributes.Select(a => a.Item2))}",
            (b, x) =>
            {
                IReadOnlyDictionary<string, Value> values = b.Inline(
                    read,
                    x.Select((value, i) => (value, i)).ToDictionary(p => $"x{p.i}", p => p.value)
                );
                return b.Concat(0, names.Select(name => b.Reshape(values[name], -1)));
            },
            given
        );
    }

    // Whatever is no number to differentiate by is a constant of the model.
    private static OpCase Fused(string op, Shape[] given, params (string, object)[] attributes)
    {
        (string Name, Tensor Value)[] constants = op switch
        {
            "RotaryEmbedding" =>
            [
                ("from", Tensor.Vector(1L)),
                ("cos", Tensor.Of<float>([1, 0.5f, -0.5f, 0.2f], 4, 1)),
                ("sin", Tensor.Of<float>([0, 0.9f, 0.8f, -1], 4, 1)),
            ],
            "Attention" or "MultiHeadAttention" => [("keys", Tensor.Of<int>([1, 1, 0, 1, 1, 1], 2, 3))],
            _ => [],
        };
        GraphProto graph = ModelText.Graph(
            string.Join("; ", given.Select((shape, i) => $"x{i}: f[{string.Join(',', shape)}]")),
            "y",
            ModelText.Node(
                $"com.microsoft:{op}",
                string.Join(',', [.. given.Select((_, i) => $"x{i}"), .. constants.Select(c => c.Name)]),
                "y",
                attributes
            )
        );
        Graph read = OnnxReader.Read(ModelText.Model(graph.With(constants)).ToByteArray());
        return new(op, (b, x) => b.Inline(read, x.Select((value, i) => (value, i)).ToDictionary(p => $"x{p.i}", p => p.value))["y"], given);
    }
}
