using Kindling.Graphs.Onnx;

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
}
