using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class OrderSinkingTests
{
    // MAML's gradient through a lowered convolution: of each weight one order goes to the products, and of each gradient one comes back.
    [Test]
    public void Run_SecondOrderThroughAConvolution_TurnsTheWeightOnceAndTheGradientOnce()
    {
        GraphBuilder b = new("maml");
        Value[] x = [b.Parameter("support", 2, 16, 6, 5), b.Parameter("query", 2, 16, 6, 5), b.Parameter("w", 4, 16, 3, 3)];
        GraphBuilder layer = new("layer");
        _ = layer.Output(
            layer.Tanh(layer.Conv(layer.Parameter("x", 2, 16, 6, 5), layer.Parameter("w", 4, 16, 3, 3), strides: [2, 2])),
            "y"
        );
        Graph lowered = TransposeSinking.Run(ConvolutionLowering.Run(layer.Graph));
        Value stepped = b.Sub(x[2], b.Mul(b.Scalar(0.4f), Differentiator.Gradients(b, Loss(x[0], x[2]), [x[2]])[0]));
        _ = b.Output(Differentiator.Gradients(b, Loss(x[1], stepped), [x[2]])[0], "dw");
        Graph plain = Simplification.Run(b.Graph);

        Graph sunk = OrderSinking.Run(plain);

        Assert.That(Turns(plain), Is.EqualTo(6));
        Assert.That(Turns(sunk), Is.EqualTo(2));
        Random random = new(5);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. x.Select(v => v.Shape.ToSizes())
                .Select(sizes =>
                    (sizes, Enumerable.Range(0, (int)sizes.Aggregate(1L, (p, q) => p * q)).Select(_ => random.NextDouble() - 0.5).ToArray())
                ),
        ];
        AssertSame(sunk, plain, inputs);

        Value Loss(Value data, Value w)
        {
            Value y = b.Inline(lowered, new Dictionary<string, Value> { ["x"] = data, ["w"] = w })["y"];
            return b.ReduceSum(b.Mul(y, y), keepDims: false);
        }

        // of the weight: a product of rows comes and goes as [16 * 9, 4]
        static int Turns(Graph graph) => graph.Nodes.Count(n => n.OpType == "Gather" && n.Output.Shape.Equals(Shape.Of(144, 4)));
    }

    [Test]
    public void Run_OrdersThatCancel_AreLeftOutAroundElementwise()
    {
        GraphBuilder b = new("cancel");
        Value x = b.Parameter("x", 2, 6);
        Value turned = b.Reshape(b.Gather(b.Transpose(x, 1, 0), b.Ints(3, -1, 4, 0, 2, 1)), 3, 4);
        Value doubled = b.Mul(b.Neg(turned), b.Parameter("rate", 1));
        Value back = b.Transpose(b.Gather(b.Reshape(doubled, 6, 2), b.Ints(3, 5, 4, 0, 2, 1)), 1, 0);
        _ = b.Output(b.Exp(b.Add(back, b.ReduceSum(doubled, keepDims: false))), "y");

        Graph sunk = OrderSinking.Run(b.Graph);

        Assert.That(sunk.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Neg", "Mul", "ReduceSum", "Add", "Exp" }));
        AssertSame(sunk, b.Graph, ([2, 6], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i))]), ([1], [0.7]));
    }

    // Other orders on both sides, broadcasting, an order of part of the elements, and one of which an element is taken twice.
    [Test]
    public void Run_WhatNeedsTheOrder_GetsIt()
    {
        GraphBuilder b = new("needs");
        Value x = b.Parameter("x", 2, 6);
        Value turned = b.Transpose(x, 1, 0);
        Value row = b.Parameter("row", 1, 2);
        _ = b.Output(b.Add(turned, b.Reshape(x, 6, 2)), "others");
        _ = b.Output(b.Mul(turned, row), "broadcast");
        _ = b.Output(b.Mul(b.Reshape(b.ReduceSum(x), 1), b.Parameter("number", 1, 1)), "widened");
        _ = b.Output(b.Neg(b.Gather(turned, b.Ints(5, 0, 3))), "part");
        _ = b.Output(b.Neg(b.Gather(x, b.Ints(0, 1, 2, 3, 4, 4), 1)), "twice");
        _ = b.Output(b.ReduceSum(turned, [0], keepDims: false), "reduced");
        _ = b.Output(b.Identity(turned), "itself");

        Graph sunk = OrderSinking.Run(b.Graph);

        Assert.That(sunk.Outputs.Select(v => v.Shape), Is.EqualTo(b.Graph.Outputs.Select(v => v.Shape)));
        AssertSame(sunk, b.Graph, ([2, 6], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i))]), ([1, 2], [2, 3]), ([1, 1], [5]));
    }

    [Test]
    public void Run_SizesOfRunTime_Stay()
    {
        GraphBuilder b = new("dynamic");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        _ = b.Output(b.Transpose(b.Neg(b.Transpose(x, 1, 0)), 1, 0), "y");
        Assert.That(OrderSinking.Run(b.Graph).Nodes.Select(n => n.OpType), Is.EqualTo(b.Graph.Nodes.Select(n => n.OpType)));
    }

    private static void AssertSame(Graph graph, Graph expected, params (long[], double[])[] inputs)
    {
        IReadOnlyList<double[]> got = Engines.Torch(graph, inputs);
        Assert.That(got, Has.Count.EqualTo(expected.Outputs.Count));
        foreach ((double[] values, double[] wanted) in got.Zip(Engines.Torch(expected, inputs)))
        {
            Assert.That(values, Is.EqualTo(wanted).Within(1e-12));
        }
    }
}
