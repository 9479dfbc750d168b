using Kindling.Evaluate.Checks;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Evaluate.Tests.Checks;

public sealed class OperatorCheckTests
{
    private DirectoryInfo folder = null!;

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("kindling");

    [TearDown]
    public void DeleteFolder() => folder.Delete(recursive: true);

    [Test]
    public void Run_SupportedModel_ListsItsOperatorsInOrder()
    {
        OperatorCheckReport report = OperatorCheck.Run(Write(bytes => bytes));

        Assert.That(report.Passed, Is.True);
        Assert.That(
            report.Operators.Select(o => (o.Operator, o.Nodes, o.Import, o.Gradient)),
            Is.EqualTo(
                new[] { ("ai.onnx.Shape", 1, true, "stops"), ("ai.onnx.Tanh", 2, true, "rule"), ("ai.onnx.Reshape", 1, true, "rule") }
            )
        );
    }

    // Tanh and Tinh have names of one length, so the model stays whole.
    [Test]
    public void Run_UnknownOperator_NamesItAndItsFirstNode()
    {
        string path = Write(bytes => Replace(bytes, "Tanh"u8, "Tinh"u8));

        OperatorCheckReport report = OperatorCheck.Run(path);

        OperatorSupport unknown = report.Operators[1];
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Operators.Count(o => !o.Supported), Is.EqualTo(1));
        Assert.That((unknown.Operator, unknown.Nodes, unknown.Import, unknown.Gradient), Is.EqualTo(("ai.onnx.Tinh", 2, false, "none")));
        Assert.That(unknown.FirstNode, Is.EqualTo("1 'first'"));
        Assert.That(unknown.Fault, Is.EqualTo("operator ai.onnx.Tinh"));
    }

    [Test]
    public void Run_NotAModel_Throws()
    {
        string path = Path.Combine(folder.FullName, "text.onnx");
        File.WriteAllText(path, "no model");

        Assert.That(
            () => OperatorCheck.Run(path),
            Throws.TypeOf<GraphException>().With.Message.StartsWith($"Model '{path}': not a readable ONNX model")
        );
    }

    private static byte[] Replace(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> with)
    {
        for (int at = bytes.AsSpan().IndexOf(old); at >= 0; at = bytes.AsSpan().IndexOf(old))
        {
            with.CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }

    private string Write(Func<byte[], byte[]> change)
    {
        GraphBuilder b = new("sample");
        Value x = b.Input("x", ElementType.Float, Shape.Of([2, 3]));
        Value shape = b.ShapeOf(b.Input("like", ElementType.Float, Shape.Of([3, 2])));
        Value once = b.Ops("Tanh", 1, [x], Attributes.None, "first")[0];
        _ = b.Output(b.Op("Reshape", [b.Op("Tanh", [once]), shape]), "y");
        string path = Path.Combine(folder.FullName, "model.onnx");
        File.WriteAllBytes(path, change(OnnxWriter.ToBytes(b.Graph)));
        return path;
    }
}
