using Google.Protobuf;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Whatever stands in a file, nothing but <see cref="GraphException"/> escapes.</summary>
public sealed class HostileFileTests
{
    [Test]
    public void Read_TruncatedAtEveryByte_IsRefused()
    {
        byte[] bytes = OnnxWriter.ToBytes(SampleGraphs.Small());
        for (int length = 0; length < bytes.Length; length++)
        {
            GraphException? e = Assert.Throws<GraphException>(() => OnnxReader.Read(bytes[..length], "cut.onnx"), $"first {length} bytes");
            Assert.That(e!.Message, Does.StartWith("Model 'cut.onnx'"));
        }
    }

    [Test]
    public void Read_FlippedBits_ReadsOrRefuses([Values(1, 2, 3, 4)] int seed)
    {
        byte[] convolutional = OnnxWriter.ToBytes(SampleGraphs.Convolutional());
        byte[] small = OnnxWriter.ToBytes(SampleGraphs.Small());
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = [.. round % 2 == 0 ? small : convolutional];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                _ = OnnxReader.Read(bytes, "flipped.onnx");
            }
            catch (GraphException e)
            {
                refused++;
                Assert.That(e.Message, Does.StartWith("Model 'flipped.onnx'"), $"round {round}");
            }
        }

        Assert.That(refused, Is.InRange(500, 1999));
    }

    [Test]
    public void Read_RandomBytes_AreRefused()
    {
        Random random = new(5);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.Throws<GraphException>(() => OnnxReader.Read(bytes), $"round {round}");
        }
    }

    [Test]
    public void Read_SizesWhoseProductOverflows_AreRefused() =>
        Refused(graph => Sizes(graph, 1L << 62, 4), "sizes [4611686018427387904, 4] are more than 2147483647 elements.");

    [Test]
    public void Read_NegativeSize_IsRefused() => Refused(graph => Sizes(graph, -4), "a size can not be -4.");

    [Test]
    public void Read_SizesOfOtherDataThanThereAre_AreRefused() =>
        Refused(graph => Sizes(graph, 1000, 1000), "sizes [1000, 1000] of Float want 4000000 bytes, got ");

    [Test]
    public void Read_ConstantTwice_IsRefused() =>
        Refused(graph => graph.Initializer.Add(graph.Initializer[0].Clone()), graph => graph.Initializer[0].Name);

    [Test]
    public void Read_NodeTwice_IsRefused() => Refused(graph => graph.Node.Add(graph.Node[^1].Clone()), graph => graph.Node[^1].Output[0]);

    [Test]
    public void Read_EmptyFile_SaysSo() =>
        Assert.That(
            () => OnnxReader.Read([], "empty.onnx"),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("Model 'empty.onnx': it has no graph.")
        );

    [Test]
    public void Read_MissingFile_NamesIt() =>
        Assert.That(
            () => OnnxReader.Read("/nowhere/at/all.onnx"),
            Throws.TypeOf<GraphException>().With.Message.StartsWith("Model '/nowhere/at/all.onnx' can not be read: ")
        );

    private static void Sizes(GraphProto graph, params long[] sizes)
    {
        graph.Initializer[0].Dims.Clear();
        graph.Initializer[0].Dims.Add(sizes);
    }

    private static void Refused(Action<GraphProto> damage, string message) => Refused(damage, _ => message);

    private static void Refused(Action<GraphProto> damage, Func<GraphProto, string> message)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(OnnxWriter.ToBytes(SampleGraphs.Small()));
        damage(model.Graph);

        Assert.That(
            () => OnnxReader.Read(model.ToByteArray(), "m"),
            Throws.TypeOf<GraphException>().With.Message.StartsWith("Model 'm'").And.Message.Contains(message(model.Graph))
        );
    }
}
