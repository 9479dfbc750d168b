using Kindling.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Graphs.Tests;

public sealed class GraphBuilderTests
{
    [Test]
    public void Conv_StrideTwoPadOne_InfersTheSpatialSizes()
    {
        GraphBuilder b = new("test");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 1, 28, 28));
        Value y = b.Conv(x, b.Parameter("w", 64, 1, 3, 3), strides: [2, 2], pads: [1, 1, 1, 1]);
        Assert.That(y.Shape, Is.EqualTo(new Shape("batch", 64, 14, 14)));
    }

    [Test]
    public void Reshape_SymbolicBatch_KeepsTheSymbol()
    {
        GraphBuilder b = new("test");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 4, 6));
        Assert.That(b.Reshape(x, -1, 24).Shape, Is.EqualTo(new Shape("batch", 24)));
        Assert.That(b.Reshape(x, -1, 12).Shape, Is.EqualTo(new Shape("2*batch", 12)));
    }

    [Test]
    public void Reshape_ComputedSizesWithA0_CopiesTheDimension()
    {
        GraphBuilder b = new("test");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 2, 3));
        Value sizes = b.Concat(0, b.Ints(0), b.Mul(b.Ints(2), b.Ints(3)));
        Assert.That(b.Reshape(x, sizes).Shape, Is.EqualTo(new Shape("batch", 6)));
        Assert.That(b.Op("Reshape", [x, sizes], ("allowzero", 1)).Shape, Is.EqualTo(Shape.Of(0, 6)));
        Assert.That(
            () => b.Reshape(b.Parameter("y", 6), b.Concat(0, b.Ints(6), b.Mul(b.Ints(0), b.Ints(1)))),
            Throws.TypeOf<GraphException>().With.Message.EndsWith("0 at position 1 copies a dimension that rank 1 lacks.")
        );
    }

    [Test]
    public void Range_NegativeNumbers_KnowsTheLengthOnly()
    {
        GraphBuilder b = new("test");
        Value[] numbers = [.. new[] { -2L, 2, 1 }.Select(n => b.Constant(Tensor.Scalar(n)))];
        Value range = b.Op("Range", numbers);
        Assert.That(range.Shape, Is.EqualTo(Shape.Of(4)));
        Assert.That(range.KnownElements, Is.Null);
        Assert.That(b.Op("Range", [numbers[2], numbers[1], numbers[2]]).KnownElements, Is.EqualTo(new[] { Dimension.Of(1) }));
    }

    [Test]
    public void Mul_EmptyVectorAndANumber_IsEmpty()
    {
        GraphBuilder b = new("test");
        Value two = b.Constant(Tensor.Scalar(2L));
        Assert.That(b.Mul(b.Ints(), two).KnownElements, Is.Empty);
        Assert.That(b.Mul(two, b.Ints()).Shape, Is.EqualTo(Shape.Of(0)));
    }

    [Test]
    public void Add_ShapesThatDoNotBroadcast_NamesNodeAndShapes()
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3);
        Value y = b.Parameter("y", 4);
        Assert.That(
            () => b.Add(x, y),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("Node Add 'add' (x: Float [2, 3], y: Float [4]): shapes [2, 3] and [4] do not broadcast.")
        );
    }

    [Test]
    public void ToBytes_SmallGraph_RunsInOnnxRuntime()
    {
        GraphBuilder b = new("test");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 2));
        _ = b.Output(b.MatMul(x, b.Constant(Tensor.Of<float>([1, 2, 3, 4], 2, 2), "w")), "y");
        using InferenceSession session = new(OnnxWriter.ToBytes(b.Graph));
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 10 }, [1, 2]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["x"], [input], ["y"]);
        Assert.That(outputs[0].GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(new float[] { 31, 42 }));
    }

    [Test]
    public void ToBytesWithOffsets_NamedConstant_PointsAtItsBytes()
    {
        GraphBuilder b = new("test");
        Tensor weights = Tensor.Of<float>([1.5f, -2, 3, 4], 2, 2);
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 2));
        _ = b.Output(b.MatMul(x, b.Constant(weights, "w")), "y");
        (byte[] bytes, IReadOnlyDictionary<string, (long Offset, long Length)> places) = OnnxWriter.ToBytesWithOffsets(b.Graph);
        (long offset, long length) = places["w"];
        Assert.That(bytes[(int)offset..(int)(offset + length)], Is.EqualTo(weights.Bytes));
    }
}
