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
}
