using Google.Protobuf;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Compares what ONNX Runtime makes of a model with what both engines make of the graph that is read from it.</summary>
internal static class ModelParity
{
    public const int SymbolSize = 3;

    /// <summary>Runs all on random inputs between -1 and 1, or on those given.</summary>
    /// <returns>The graph.</returns>
    public static Graph Check(ModelProto model, params (string Name, Tensor Value)[] given) => Check(model, model, given);

    /// <summary>Runs one model on ONNX Runtime and another one as a graph.</summary>
    public static Graph Check(ModelProto reference, ModelProto model, params (string Name, Tensor Value)[] given)
    {
        Random random = new(3);
        Tensor[] inputs =
        [
            .. model.Graph.Input.Select(input =>
                Array.Find(given, g => g.Name == input.Name).Value
                ?? Random(random, [.. input.Type.TensorType.Shape.Dim.Select(d => d.HasDimValue ? d.DimValue : SymbolSize)])
            ),
        ];
        string[] outputs = [.. model.Graph.Output.Select(o => o.Name)];
        Tensor[] expected = NodeRunner.OnOnnxRuntime(reference.ToByteArray(), [.. model.Graph.Input.Select(i => i.Name)], outputs, inputs);
        Graph graph = OnnxReader.Read(model.ToByteArray());
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor[] got = NodeRunner.Run(graph, engine, inputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                Assert.That(Difference(got[i], expected[i], outputs[i]), Is.Null, engine.ToString());
            }
        }

        return graph;
    }

    private static Tensor Random(Random random, long[] sizes) =>
        Tensor.Of<float>(
            [.. Enumerable.Range(0, (int)sizes.Aggregate(1L, (a, b) => a * b)).Select(_ => (2 * random.NextSingle()) - 1)],
            sizes
        );

    // The suite's own tolerance, with room for sums that cancel.
    private static string? Difference(Tensor got, Tensor expected, string name)
    {
        string? exact = NodeRunner.Difference(got, expected, name);
        return
            exact is not null
            && got.Type == ElementType.Float
            && got.Sizes.SequenceEqual(expected.Sizes)
            && got.AsSpan<float>().ToArray().Zip(expected.AsSpan<float>().ToArray()).All(p => Math.Abs(p.First - p.Second) < 1e-5f)
            ? null
            : exact;
    }
}
