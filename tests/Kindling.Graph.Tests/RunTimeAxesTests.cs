using Kindling.Train.Torch;
using TorchSharp;

namespace Kindling.Graphs.Tests;

/// <summary>Operators whose axes or sizes are inputs: known when the graph is built as a rule, at run time if it must be.</summary>
public sealed class RunTimeAxesTests
{
    [TestCase(true, "[reducesum.0, reducesum.1, reducesum.2]")]
    [TestCase(false, "[reducesum.0]")]
    public void ReduceSum_AxesOfRunTime_KnowsTheRankOnly(bool keepDims, string shape)
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3, 4);
        Value axes = b.Input("axes", ElementType.Int64, Shape.Of(2));

        Assert.That(b.Op("ReduceSum", [x, axes], ("keepdims", keepDims)).Shape.ToString(), Is.EqualTo(shape));
    }

    [Test]
    public void ReduceSum_NumberOfAxesOfRunTime_IsRefusedByName()
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3);
        Value axes = b.Input("axes", ElementType.Int64, new Shape("n"));

        Assert.That(
            () => b.Op("ReduceSum", [x, axes], ("keepdims", false)),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo(
                    "Node ReduceSum 'reducesum' (x: Float [2, 3], axes: Int64 [n]): axes must be a vector of known length, at most 2."
                )
        );
    }

    [Test]
    public void ReduceSum_NoAxesOfRunTime_AreKnown()
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3);
        Value axes = b.Input("axes", ElementType.Int64, Shape.Of(0));

        Assert.That(b.Op("ReduceSum", [x, axes]).Shape, Is.EqualTo(Shape.Of(1, 1)));
        Assert.That(b.Op("ReduceSum", [x, axes], ("noop_with_empty_axes", 1)).Shape, Is.EqualTo(Shape.Of(2, 3)));
    }

    [Test]
    public void Slice_AxesOfRunTime_RunsAndKnowsTheRankOnly()
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3);
        Value axes = b.Input("axes", ElementType.Int64, Shape.Of(1));
        Value y = b.Output(b.Slice(x, b.Ints(1), b.Ints(2), axes));

        Assert.That(y.Shape.ToString(), Is.EqualTo("[slice.0, slice.1]"));
        Assert.That(Run(b.Graph, [0]), Is.EqualTo(new float[] { 4, 5, 6 }));
        Assert.That(Run(b.Graph, [-1]), Is.EqualTo(new float[] { 2, 5 }));
    }

    [Test]
    public void Split_SizesOfRunTime_RunsAndGivesEachPartItsOwnSymbol()
    {
        GraphBuilder b = new("test");
        Value x = b.Parameter("x", 2, 3);
        Value sizes = b.Input("sizes", ElementType.Int64, Shape.Of(2));
        IReadOnlyList<Value> parts = b.Ops("Split", 2, [x, sizes], new Attributes(("axis", 1)));
        b.Output(parts[1]);

        Assert.That(parts.Select(p => p.Shape.ToString()), Is.EqualTo(new[] { "[2, split.1.0]", "[2, split.1.1]" }));
        Assert.That(Run(b.Graph, [1, 2]), Is.EqualTo(new float[] { 2, 3, 5, 6 }));
        Assert.That(Run(b.Graph, [2, 1]), Is.EqualTo(new float[] { 3, 6 }));
    }

    // Infinity, which stands for an absent bound among floats, is no integer.
    [TestCase(true, new long[] { 3, 3, 5 })]
    [TestCase(false, new long[] { -7, 0, 3 })]
    public void Clip_IntegersWithOneBound_LeavesTheOtherSideOpen(bool low, long[] expected)
    {
        GraphBuilder b = new("test");
        Value x = b.Constant(Tensor.Vector(-7L, 0, 5), "x");
        Value three = b.Constant(Tensor.Scalar(3L));
        b.Output(b.Op("Clip", low ? [x, three] : [x, null, three]));

        _ = TorchNatives.Load();
        using DisposeScope scope = torch.NewDisposeScope();
        using TorchInterpreter interpreter = new(b.Graph);
        Assert.That(interpreter.Run()[0].data<long>().ToArray(), Is.EqualTo(expected));
    }

    // x is [[1, 2, 3], [4, 5, 6]]
    private static float[] Run(Graph graph, long[] second)
    {
        _ = TorchNatives.Load();
        using DisposeScope scope = torch.NewDisposeScope();
        using TorchInterpreter interpreter = new(graph);
        torch.Tensor x = torch.tensor(new float[] { 1, 2, 3, 4, 5, 6 }, [2, 3]);
        return interpreter.Run(x, torch.tensor(second))[0].contiguous().data<float>().ToArray();
    }
}
