using Kindling.Graphs.Onnx;
using Kindling.TestSupport;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Kindling.Graphs.Tests.Onnx;

public sealed class RoundTripTests
{
    private static readonly Func<Graph>[] Graphs = [SampleGraphs.Convolutional, SampleGraphs.Small, AllTypes];

    [TestCaseSource(nameof(Graphs))]
    public void ReadWrite_WrittenGraph_GivesTheSameBytes(Func<Graph> graph)
    {
        byte[] first = OnnxWriter.ToBytes(graph());

        byte[] second = OnnxWriter.ToBytes(OnnxReader.Read(first));

        Assert.That(second, Is.EqualTo(first));
    }

    [TestCaseSource(nameof(Graphs))]
    public void ToBytes_SameGraphBuiltTwice_GivesTheSameBytes(Func<Graph> graph)
    {
        byte[] first = OnnxWriter.ToBytes(graph());

        byte[] second = OnnxWriter.ToBytes(graph());

        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void Read_WrittenGraph_HasTheSameTypesAndShapes()
    {
        Graph graph = SampleGraphs.Convolutional();

        Graph read = OnnxReader.Read(OnnxWriter.ToBytes(graph));

        Assert.That(read.Name, Is.EqualTo("convolutional"));
        Assert.That(read.Inputs.Select(v => v.ToString()), Is.EqualTo(["x: Float [batch, 1, 8, 8]", "bias: Float [3]"]));
        Assert.That(read.Outputs.Select(v => v.ToString()), Is.EqualTo(["features: Float [batch, 16]", "scores: Float [batch, 3]"]));
        Assert.That(
            read.Nodes.SelectMany(n => n.Outputs).Select(v => $"{v}"),
            Is.EqualTo(graph.Nodes.SelectMany(n => n.Outputs).Select(v => $"{v}"))
        );
    }

    [Test]
    public void Write_File_IsReadBackAndLeavesNothingElse()
    {
        using TemporaryFolder folder = new();

        OnnxWriter.Write(SampleGraphs.Small(), folder["small.onnx"]);

        Assert.That(OnnxReader.Read(folder["small.onnx"]).Output("y").ToString(), Is.EqualTo("y: Float [n]"));
        Assert.That(Directory.GetFiles(folder.Path), Is.EqualTo([folder["small.onnx"]]));
    }

    [Test]
    public void Write_ToStream_IsToBytes()
    {
        using MemoryStream stream = new();

        OnnxWriter.Write(SampleGraphs.Small(), stream);

        Assert.That(stream.ToArray(), Is.EqualTo(OnnxWriter.ToBytes(SampleGraphs.Small())));
    }

    [Test]
    public void ToBytesWithOffsets_EveryConstant_StandsWhereItSays()
    {
        Graph graph = SampleGraphs.Convolutional();

        (byte[] bytes, IReadOnlyDictionary<string, (long Offset, long Length)> places) = OnnxWriter.ToBytesWithOffsets(graph);

        Assert.That(places.Keys, Is.EquivalentTo(graph.Constants.Select(c => c.Name)));
        foreach (Value constant in graph.Constants)
        {
            (long offset, long length) = places[constant.Name];
            Assert.That(bytes[(int)offset..(int)(offset + length)], Is.EqualTo(constant.Constant!.Bytes), constant.Name);
        }
    }

    [Test]
    public void ToBytesWithOffsets_PatchedBytes_AreWhatOnnxRuntimeComputesWith()
    {
        (byte[] bytes, IReadOnlyDictionary<string, (long Offset, long Length)> places) = OnnxWriter.ToBytesWithOffsets(
            SampleGraphs.Small()
        );
        Tensor.Of<float>([0, 0, 1, 0], 2, 2).Bytes.CopyTo(bytes, (int)places["w"].Offset);

        // y = mean of the row [x1, 0] over 2 columns
        Assert.That(
            Run(bytes, "y", ("x", new DenseTensor<float>(new float[] { 5, 6, 7, -8 }, [2, 2]))),
            Is.EqualTo([3, -0.4f]).Within(1e-6)
        );
    }

    [Test]
    public void OnnxRuntime_WrittenGraph_LoadsAndComputes()
    {
        byte[] bytes = OnnxWriter.ToBytes(SampleGraphs.Small());

        Assert.That(
            Run(bytes, "y", ("x", new DenseTensor<float>(new float[] { 1, 1, 0, 1, -2, -2 }, [3, 2]))),
            Is.EqualTo([5, 3.5f, -1]).Within(1e-6)
        );
    }

    [Test]
    public void OnnxRuntime_ConvolutionalGraph_HasTheShapesThatInferenceSays()
    {
        float[] scores = Run(
            OnnxWriter.ToBytes(SampleGraphs.Convolutional()),
            "scores",
            ("x", new DenseTensor<float>(SampleGraphs.Ramp(5, 1, 8, 8).AsSpan<float>().ToArray(), [5, 1, 8, 8])),
            ("bias", new DenseTensor<float>(new float[] { 0, 1, 2 }, [3]))
        );

        Assert.That(scores, Has.Length.EqualTo(15));
        Assert.That(scores.Chunk(3).Select(row => row.Sum()), Is.All.EqualTo(1).Within(1e-5));
    }

    private static float[] Run(byte[] model, string output, params (string Name, DenseTensor<float> Value)[] inputs)
    {
        using InferenceSession session = new(model);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(
            [.. inputs.Select(i => NamedOnnxValue.CreateFromTensor(i.Name, i.Value))],
            [output]
        );
        return [.. results[0].AsEnumerable<float>()];
    }

    private static Graph AllTypes()
    {
        GraphBuilder b = new("types");
        Value x = b.Input("x", ElementType.Double, Shape.Scalar);
        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            b.Output(b.Cast(b.Identity(x), type), $"as {type}");
            b.Output(
                b.Identity(b.Constant(new Tensor(type, [3], [.. Enumerable.Range(0, 3 * type.Size()).Select(i => (byte)(i % 2))]))),
                $"c {type}"
            );
        }

        return b.Graph;
    }
}
