using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class ProductSumsTests
{
    [Test]
    public void Run_ProductNeededOnceOfTheSumsShape_AddsAndComputesTheSame()
    {
        GraphBuilder b = new("sums");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2, 2));
        Value once = b.Gemm(x, x, transB: true);
        Value twice = b.Gemm(x, x);
        Value biased = b.Gemm(x, x, b.Constant(Tensor.Of<float>([1, 2], [2])));
        _ = b.Output(b.Add(b.Add(twice, once), b.Exp(twice)), "y");
        _ = b.Output(b.Add(biased, x), "z");
        _ = b.Output(b.Add(b.Gemm(x, x, transA: true), b.Scalar(1)), "w");
        Graph sums = ProductSums.Run(b.Graph);
        // what is needed twice, has a bias or adds another shape stays
        Assert.That(sums.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Gemm", "Gemm", "Exp", "Add", "Gemm", "Add", "Gemm", "Add" }));
        Node product = sums.Nodes.Single(n => n.OpType == "Gemm" && n.Input(2) is { Constant: null });
        Assert.That(product.Input(2), Is.SameAs(sums.Nodes[3].Output));
        (long[], double[])[] inputs = [([2, 2], [1, 2, 3, 4])];
        Assert.That(Engines.Torch(sums, inputs), Is.EqualTo(Engines.Torch(b.Graph, inputs)));
    }

    // A step of gradient descent, a direction of second order, and their signs.
    [Test]
    public void Run_MultiplesAndDifferences_AreInTheProductsThemselves()
    {
        GraphBuilder b = new("steps");
        Value x = b.Parameter("x", 2, 2);
        Value w = b.Parameter("w", 2, 2);
        _ = b.Output(b.Sub(w, b.Mul(b.Scalar(0.4f), b.Gemm(x, w, transA: true))), "step");
        _ = b.Output(b.Neg(b.Sub(b.Add(b.Gemm(x, w), b.Gemm(w, x, transB: true)), b.Mul(w, b.Scalar(3)))), "sum");
        _ = b.Output(b.Gemm(x, b.Mul(b.Scalar(-0.5f), w), b.Constant(Tensor.Of<float>([1, 2], [2]))), "scaled");
        _ = b.Output(b.Mul(b.Gemm(x, w, transB: true), b.Scalar(2)), "twice");

        Graph sums = ProductSums.Run(b.Graph);

        Assert.That(
            sums.Nodes.Select(n => n.OpType == "Gemm" ? $"Gemm {n.Attributes.Float("alpha", 1)}" : n.OpType).Where(op => op != "Identity"),
            Is.EqualTo(new[] { "Gemm -0.4", "Mul", "Gemm -1", "Gemm -1", "Gemm -0.5", "Gemm 2" })
        );
        AssertSame(sums, b.Graph);
    }

    // What is needed as it is: by an output, by something else than a product, or as what a product adds.
    [Test]
    public void Run_MultiplesNeededElsewhere_Stay()
    {
        GraphBuilder b = new("needed");
        Value x = b.Parameter("x", 2, 2);
        Value w = b.Parameter("w", 2, 2);
        Value half = b.Mul(w, b.Scalar(0.5f));
        _ = b.Output(b.Gemm(x, half, half), "added");
        Value product = b.Gemm(x, w);
        _ = b.Output(b.Sub(b.Mul(product, product), b.Mul(b.Exp(x), b.Scalar(2))), "square");
        _ = b.Output(b.Mul(b.Gemm(w, x), b.Constant(Tensor.Of<float>([1, 2], [2]))), "row");

        Graph sums = ProductSums.Run(b.Graph);

        Assert.That(
            sums.Nodes.Select(n => n.OpType).Where(op => op != "Identity"),
            Is.EqualTo(b.Graph.Nodes.Select(n => n.OpType).Where(op => op != "Identity"))
        );
        AssertSame(sums, b.Graph);
    }

    private static void AssertSame(Graph graph, Graph expected)
    {
        (long[], double[])[] inputs = [([2, 2], [1, -2, 3, 4]), ([2, 2], [0.5, 5, -6, 7])];
        IReadOnlyList<double[]> got = Engines.Torch(graph, inputs);
        Assert.That(got, Has.Count.EqualTo(expected.Outputs.Count));
        foreach ((double[] values, double[] wanted) in got.Zip(Engines.Torch(expected, inputs)))
        {
            // a factor is a float
            Assert.That(values, Is.EqualTo(wanted).Within(1e-6));
        }
    }
}
