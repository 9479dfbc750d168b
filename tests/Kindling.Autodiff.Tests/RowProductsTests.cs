using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class RowProductsTests
{
    private const int Channels = 64;

    [TestCase("ReduceMean", true, 0, 1, 2)]
    [TestCase("ReduceMean", false, -2, 0, 1)]
    [TestCase("ReduceSum", true, 2, 0, -3)]
    public void Run_OverAllAxesButTheLast_IsAProductAndComputesTheSame(string op, bool keepDims, params int[] axes)
    {
        Graph graph = Reduction(op, [4, 5, 5, Channels], axes, keepDims);
        Graph products = RowProducts.Run(graph);
        Assert.That(products.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Reshape", "Gemm", "Reshape", "Neg" }));
        Assert.That(products.Outputs[0].Shape, Is.EqualTo(graph.Outputs[0].Shape));
        (long[], double[])[] inputs = [([4, 5, 5, Channels], [.. Enumerable.Range(0, 100 * Channels).Select(i => Math.Sin(i))])];
        Assert.That(Engines.Torch(products, inputs)[0], Is.EqualTo(Engines.Torch(graph, inputs)[0]).Within(1e-5));
    }

    [TestCase("ReduceMean", 100, 0, 1)]
    [TestCase("ReduceMean", 100, 1)]
    [TestCase("ReduceMax", 100, 0)]
    [TestCase("ReduceSum", 5, 0)]
    [TestCase("ReduceSum", 100)]
    public void Run_OtherReductionsAndSmallOnes_Stay(string op, int rows, params int[] axes)
    {
        Graph graph = Reduction(op, [rows, Channels], axes, keepDims: true);
        Assert.That(RowProducts.Run(graph).Nodes.Select(n => n.OpType), Is.EqualTo(graph.Nodes.Select(n => n.OpType)));
    }

    private static Graph Reduction(string op, long[] sizes, int[] axes, bool keepDims)
    {
        GraphBuilder b = new("reduction");
        Value x = b.Parameter("x", sizes);
        long[] along = [.. axes.Select(a => (long)a)];
        Value reduced = op == "ReduceSum" ? b.ReduceSum(x, along, keepDims) : b.Op(op, [x], ("axes", along), ("keepdims", keepDims));
        _ = b.Output(b.Neg(reduced), "y");
        return b.Graph;
    }
}
