using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class PassTests
{
    [TestCaseSource(typeof(OpCases), nameof(OpCases.All))]
    public void Simplification_GradientGraph_ComputesTheSame(OpCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Graph graph = GradientChecker.Graph(row, 2).Graph;
        Graph simple = Simplification.Run(graph);
        Random random = new(7);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. graph.Inputs.Select(v =>
                (OpCase.Sizes(v.Shape), OpCase.Sizes(v.Shape).Aggregate(1L, (a, b) => a * b) is var n ? Draw(random, row, n) : [])
            ),
        ];
        Assert.That(simple.Inputs.Select(v => v.Name), Is.EqualTo(graph.Inputs.Select(v => v.Name)));
        Assert.That(simple.Outputs.Select(v => v.Name), Is.EqualTo(graph.Outputs.Select(v => v.Name)));
        Assert.That(simple.Nodes, Has.Count.LessThanOrEqualTo(graph.Nodes.Count + graph.Outputs.Count));
        IReadOnlyList<double[]> expected = Engines.Torch(graph, inputs);
        IReadOnlyList<double[]> got = Engines.Torch(simple, inputs);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.That(got[i], Is.EqualTo(expected[i]).Within(1e-9), graph.Outputs[i].Name);
        }
    }

    [Test]
    public void DeadCode_NodeWithoutUse_IsLeftOut()
    {
        GraphBuilder b = new("dead");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        _ = b.Exp(b.Mul(x, 3));
        _ = b.Output(b.Neg(x), "y");
        Assert.That(Ops(DeadCode.Run(b.Graph)), Is.EqualTo(new[] { "Neg" }));
    }

    [Test]
    public void CommonSubexpressions_RepeatedNodes_AreComputedOnce()
    {
        GraphBuilder b = new("twice");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value y = b.Input("y", ElementType.Float, Shape.Of(2));
        _ = b.Output(b.Mul(b.Exp(b.Add(x, y)), b.Exp(b.Add(y, x))), "z");
        _ = b.Output(b.ReduceSum(x, [0]), "a");
        _ = b.Output(b.ReduceMax(x, [0]), "b");
        Assert.That(Ops(CommonSubexpressions.Run(b.Graph)), Is.EqualTo(new[] { "Add", "Exp", "Mul", "ReduceSum", "ReduceMax" }));
    }

    [Test]
    public void CommonSubexpressions_LargeConstants_AreComparedWithoutACopy()
    {
        GraphBuilder b = new("weights");
        Value x = b.Input("x", ElementType.Float, Shape.Of(1 << 20));
        float[] weights = new float[1 << 20];
        Tensor[] tensors =
        [
            Tensor.Of<float>(weights, 1 << 20),
            Tensor.Of<float>(weights, 1 << 20),
            Tensor.Of<float>([1, .. weights[1..]], 1 << 20),
        ];
        _ = b.Output(tensors.Aggregate(x, (sum, tensor) => b.Mul(sum, b.Constant(tensor))), "y");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Graph once = CommonSubexpressions.Run(b.Graph);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
        Assert.That(once.Constants, Has.Count.EqualTo(2));
    }

    [Test]
    public void ImpliedExpansions_BesideTheFullShape_AreLeftOut()
    {
        GraphBuilder b = new("expand");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        Value row = b.Input("row", ElementType.Float, Shape.Of(1, 3));
        Value full = b.Expand(row, b.ShapeOf(x));
        _ = b.Output(b.Mul(x, full), "y");
        Assert.That(Ops(Simplification.Run(b.Graph)), Is.EqualTo(new[] { "Mul" }));
    }

    [Test]
    public void ImpliedExpansions_WhereNothingElseHasTheShape_Stay()
    {
        GraphBuilder b = new("expand");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        Value row = b.Input("row", ElementType.Float, Shape.Of(1, 3));
        Value full = b.Expand(row, b.ShapeOf(x));
        _ = b.Output(b.Mul(full, b.Exp(full)), "y");
        _ = b.Output(b.Add(full, b.Input("z", ElementType.Float, Shape.Of(1, 3))), "sum");
        Assert.That(Ops(Simplification.Run(b.Graph)), Is.EqualTo(new[] { "Shape", "Expand", "Exp", "Mul", "Add" }));
    }

    [Test]
    public void ImpliedExpansions_BothExpanded_OneStays()
    {
        GraphBuilder b = new("expand");
        Value sizes = b.ShapeOf(b.Input("x", ElementType.Float, new Shape("n", 3)));
        Value first = b.Expand(b.Input("first", ElementType.Float, Shape.Of(1, 3)), sizes);
        Value second = b.Expand(b.Input("second", ElementType.Float, Shape.Of(1, 3)), sizes);
        _ = b.Output(b.Add(first, second), "sum");
        _ = b.Output(b.Add(first, first), "twice");
        _ = b.Output(b.Where(b.Greater(first, second), first, second), "larger");
        Graph simple = Simplification.Run(b.Graph);
        Assert.That(simple.Outputs.Select(v => v.Shape), Has.All.EqualTo(new Shape("n", 3)));
    }

    [Test]
    public void ImpliedExpansions_ArithmeticWithANumber_IsDoneBefore()
    {
        GraphBuilder b = new("expand");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        Value full = b.Expand(b.Input("row", ElementType.Float, Shape.Of(1, 3)), b.ShapeOf(x));
        _ = b.Output(b.Add(x, b.Mul(b.Scalar(2), b.Div(full, 3))), "y");
        Graph simple = Simplification.Run(b.Graph);
        Assert.That(Ops(simple), Is.EqualTo(new[] { "Div", "Mul", "Add" }));
        Assert.That(simple.Nodes[1].Output.Shape, Is.EqualTo(Shape.Of(1, 3)));
    }

    // Another Expand would name the sizes anew.
    [Test]
    public void ImpliedExpansions_SizesOfRunTimeAndANumber_StayBefore()
    {
        GraphBuilder b = new("expand");
        Value sizes = b.Cast(b.Input("sizes", ElementType.Float, Shape.Of(2)), ElementType.Int64);
        Value full = b.Expand(b.Input("row", ElementType.Float, Shape.Of(1, 3)), sizes);
        _ = b.Output(b.Exp(b.Mul(b.Scalar(2), full)), "y");
        Assert.That(Ops(Simplification.Run(b.Graph)), Is.EqualTo(new[] { "Cast", "Expand", "Mul", "Exp" }));
    }

    [Test]
    public void MaskProducts_GradientOfRelu_IsAProductAndComputesTheSame()
    {
        GraphBuilder b = new("relu");
        Value x = b.Parameter("x", 2, 3);
        Value y = b.Relu(b.Relu(b.Mul(x, 3)));
        _ = b.Output(Differentiator.Gradients(b, b.ReduceSum(b.Mul(y, y), keepDims: false), [x])[0], "dx");
        Graph plain = Simplification.Run(b.Graph);
        Graph products = MaskProducts.Run(plain);
        Assert.That(Ops(plain).Count(op => op == "Where"), Is.EqualTo(2));
        Assert.That(Ops(products), Has.None.EqualTo("Where"));
        (long[], double[])[] inputs = [([2, 3], [-1, 0, 2, 3, -4, 0.5])];
        Assert.That(Engines.Torch(plain, inputs)[0], Is.EqualTo(new double[] { 0, 0, 36, 54, 0, 9 }));
        Assert.That(Engines.Torch(products, inputs)[0], Is.EqualTo(new double[] { 0, 0, 36, 54, 0, 9 }));
    }

    // Elsewhere a selection may keep out what is infinite.
    [Test]
    public void MaskProducts_OtherSelections_Stay()
    {
        GraphBuilder b = new("guard");
        Value x = b.Parameter("x", 2);
        _ = b.Output(b.Identity(b.Where(b.Greater(x, b.Scalar(0)), b.Reciprocal(x), b.Scalar(0))), "y");
        Assert.That(Ops(MaskProducts.Run(b.Graph)), Does.Contain("Where"));
    }

    [TestCase(1, 0)]
    [TestCase(2, 1)]
    [TestCase(3, 2)]
    [TestCase(1, 0, 700)]
    public void ConvolutionLowering_Convolution_ComputesTheSame(int stride, int pad, int filters = 5)
    {
        GraphBuilder shapes = new("shapes");
        Value[] x =
        [
            shapes.Input("x", ElementType.Float, new Shape("n", 16, 7, 6)),
            shapes.Parameter("w", filters, 16, 3, 2),
            shapes.Parameter("b", filters),
        ];
        Graph graph = OpCases.Convolution([stride, stride], [pad, pad, pad, 0], [1, 2], x);

        Graph lowered = ConvolutionLowering.Run(graph);

        Random random = new(3);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. x.Select(v => OpCase.Sizes(v.Shape))
                .Select(sizes =>
                    (sizes, Enumerable.Range(0, (int)sizes.Aggregate(1L, (p, q) => p * q)).Select(_ => random.NextDouble()).ToArray())
                ),
        ];
        Assert.That(Ops(lowered), Does.Not.Contain("Conv").And.Contain("Gemm"));
        Assert.That(lowered.Outputs[0].Shape, Is.EqualTo(graph.Outputs[0].Shape));
        Assert.That(Engines.Torch(lowered, inputs)[0], Is.EqualTo(Engines.Torch(graph, inputs)[0]).Within(1e-12));
    }

    // Two convolutions with a normalisation by channels, a ReLU and a mean between them: what stands between their rows needs no other order of axes.
    [Test]
    public void TransposeSinking_BetweenLoweredConvolutions_ComputesTheSameWithoutTurning()
    {
        GraphBuilder b = new("layers");
        Value[] x =
        [
            b.Input("x", ElementType.Float, new Shape("n", 16, 9, 8)),
            b.Parameter("w1", 16, 16, 3, 3),
            b.Parameter("w2", 5, 16, 3, 3),
            b.Parameter("scale", 16),
        ];
        Value y = b.Conv(x[0], x[1], pads: [1, 1, 1, 1]);
        Value centred = b.Sub(y, b.ReduceMean(y, [0, 2, 3]));
        Value variance = b.ReduceMean(b.Mul(centred, centred), [0, 2, 3]);
        Value factor = b.Div(b.Reshape(x[3], 1, 16, 1, 1), b.Sqrt(b.Add(variance, 1e-5)));
        Value z = b.Relu(b.Add(b.Mul(centred, factor), b.Reshape(b.Mul(x[3], 2), 1, 16, 1, 1)));
        _ = b.Output(b.ReduceMean(b.Conv(z, x[2], strides: [2, 2]), [2, 3], keepDims: false), "y");
        _ = b.Output(b.Reshape(variance, 16), "variance");
        Graph lowered = ConvolutionLowering.Run(b.Graph);

        Graph sunk = Simplification.Run(TransposeSinking.Run(lowered));

        // the image comes in by channels; each weight is turned once
        Assert.That(Ops(Simplification.Run(lowered)).Count(op => op == "Transpose"), Is.EqualTo(6));
        Assert.That(Ops(sunk).Count(op => op == "Transpose"), Is.EqualTo(3));
        Random random = new(4);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. x.Select(v => OpCase.Sizes(v.Shape))
                .Select(sizes =>
                    (sizes, Enumerable.Range(0, (int)sizes.Aggregate(1L, (p, q) => p * q)).Select(_ => random.NextDouble() - 0.5).ToArray())
                ),
        ];
        IReadOnlyList<double[]> expected = Engines.Torch(b.Graph, inputs);
        IReadOnlyList<double[]> got = Engines.Torch(sunk, inputs);
        Assert.That(got[0], Is.EqualTo(expected[0]).Within(1e-12));
        Assert.That(got[1], Is.EqualTo(expected[1]).Within(1e-12));
    }

    [Test]
    public void TransposeSinking_WhatNeedsTheOrder_GetsIt()
    {
        GraphBuilder b = new("needs");
        Value x = b.Parameter("x", 2, 3, 4);
        Value turned = b.Transpose(x, 2, 0, 1);
        _ = b.Output(b.Softmax(b.Exp(turned), 1), "soft");
        _ = b.Output(b.Add(turned, b.Parameter("other", 4, 2, 3)), "sum");
        _ = b.Output(b.ReduceSum(turned, [1], keepDims: false), "reduced");
        Graph sunk = TransposeSinking.Run(b.Graph);
        (long[] Sizes, double[] Values)[] inputs =
        [
            ([2, 3, 4], [.. Enumerable.Range(0, 24).Select(i => Math.Sin(i))]),
            ([4, 2, 3], [.. Enumerable.Range(0, 24).Select(i => Math.Cos(i))]),
        ];
        Assert.That(Engines.Torch(sunk, inputs), Is.EqualTo(Engines.Torch(b.Graph, inputs)));
        Assert.That(sunk.Outputs.Select(v => v.Shape), Is.EqualTo(b.Graph.Outputs.Select(v => v.Shape)));
    }

    [Test]
    public void TransposeSinking_SumOverNoAxes_ReducesNothing()
    {
        GraphBuilder b = new("noop");
        Value turned = b.Transpose(b.Parameter("x", 2, 3), 1, 0);
        _ = b.Output(b.Exp(b.Op("ReduceSum", [turned], ("noop_with_empty_axes", 1), ("keepdims", 0))), "y");
        Graph sunk = TransposeSinking.Run(b.Graph);
        (long[], double[])[] inputs = [([2, 3], [1, 2, 3, 4, 5, 6])];
        Assert.That(sunk.Outputs[0].Shape, Is.EqualTo(Shape.Of(3, 2)));
        Assert.That(Engines.Torch(sunk, inputs), Is.EqualTo(Engines.Torch(b.Graph, inputs)));
    }

    [TestCase(1, 16, 200, 200)]
    [TestCase(1, 16, 9, 8, 5)]
    [TestCase(1, 3, 7, 6)]
    [TestCase(2, 16, 7, 6)]
    public void ConvolutionLowering_LargeOrFlatOrGroupedOrWide_Stays(int groups, int channels, int height, int width, int kernel = 3)
    {
        GraphBuilder b = new("stays");
        Value x = b.Input("x", ElementType.Float, new Shape("n", channels, height, width));
        Value y = b.Conv(x, b.Parameter("w", 4, channels / groups, kernel, kernel), group: groups);
        _ = b.Output(b.Neg(y), "y");
        Assert.That(Ops(ConvolutionLowering.Run(b.Graph)), Is.EqualTo(new[] { "Conv", "Neg" }));
    }

    [Test]
    public void ConstantFolding_NeutralOperations_AreLeftOut()
    {
        GraphBuilder b = new("neutral");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2));
        Value y = b.Neg(b.Neg(b.Add(b.Mul(x, 1), 0)));
        y = b.Transpose(b.Transpose(b.Reshape(y, [0, 2]), 1, 0), 1, 0);
        _ = b.Output(b.Exp(b.Div(b.Sub(b.Identity(y), 0), 1)), "y");
        Assert.That(Ops(Simplification.Run(b.Graph)), Is.EqualTo(new[] { "Exp" }));
    }

    [Test]
    public void ConstantFolding_TwoReshapes_AreOneWhereItTellsTheSameSizes()
    {
        GraphBuilder b = new("reshapes");
        Value x = b.Input("x", ElementType.Float, new Shape("n"));
        Value known = b.Output(b.Exp(b.Reshape(b.Reshape(x, 4, 6), -1, 8)), "known");
        _ = b.Output(b.Exp(b.Reshape(b.Reshape(b.Parameter("w", 4, 6), 8, 3), -1, 2)), "folded");
        Graph simple = Simplification.Run(b.Graph);
        Assert.That(known.Shape, Is.EqualTo(Shape.Of(3, 8)));
        Assert.That(simple.Outputs.Select(v => v.Shape), Is.EqualTo(new[] { Shape.Of(3, 8), Shape.Of(12, 2) }));
        Assert.That(Ops(simple), Is.EqualTo(new[] { "Reshape", "Reshape", "Exp", "Reshape", "Exp" }));
    }

    [Test]
    public void ConstantFolding_ChainOfNumbers_IsFoldedAtOnce()
    {
        GraphBuilder b = new("chain");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value number = Enumerable.Range(2, 5).Aggregate(b.Scalar(1), (product, i) => b.Mul(product, i));
        _ = b.Output(b.Mul(x, number), "y");
        Graph folded = DeadCode.Run(ConstantFolding.Run(b.Graph));
        Assert.That(Ops(folded), Is.EqualTo(new[] { "Mul" }));
        Assert.That(folded.Nodes[0].Input(1)!.Constant!.AsSpan<float>()[0], Is.EqualTo(720));
    }

    [Test]
    public void ConstantFolding_NegatedTimesANumber_IsTimesTheNegatedNumber()
    {
        GraphBuilder b = new("negated");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        _ = b.Output(b.Exp(b.Mul(b.Neg(x), 3)), "y");
        _ = b.Output(b.Exp(b.Mul(b.Scalar(2), b.Neg(x))), "z");
        Graph simple = Simplification.Run(b.Graph);
        Assert.That(Ops(simple), Is.EqualTo(new[] { "Mul", "Exp", "Mul", "Exp" }));
        (long[], double[])[] inputs = [([2], [1, -2])];
        Assert.That(Engines.Torch(simple, inputs), Is.EqualTo(Engines.Torch(b.Graph, inputs)));
    }

    [Test]
    public void ConstantFolding_ShapeArithmetic_BecomesConstant()
    {
        GraphBuilder b = new("shapes");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2, 3));
        Value part = b.Gather(b.ShapeOf(x), b.Ints(1, 2));
        Value sizes = b.Concat(0, b.Ints(1), b.Mul(part, b.Ints(2)));
        _ = b.Output(b.ConstantOfShape(sizes, Tensor.Vector(1f)), "y");
        Graph simple = Simplification.Run(b.Graph);
        Assert.That(Ops(simple), Is.EqualTo(new[] { "ConstantOfShape" }));
        Assert.That(simple.Nodes[0].Input(0)!.Constant!.ToInt64(), Is.EqualTo(new long[] { 1, 4, 6 }));
    }

    [Test]
    public void ConstantFolding_OneThatWidensTheShape_Stays()
    {
        GraphBuilder b = new("widens");
        Value x = b.Input("x", ElementType.Float, Shape.Of(1));
        _ = b.Output(b.Exp(b.Mul(x, b.Constant(Tensor.Vector(1f, 1f)))), "y");
        Assert.That(Ops(Simplification.Run(b.Graph)), Is.EqualTo(new[] { "Mul", "Exp" }));
    }

    [Test]
    public void Passes_OutputThatIsAnInput_KeepsItsName()
    {
        GraphBuilder b = new("through");
        Value x = b.Input("x", ElementType.Float, Shape.Of(1));
        _ = b.Output(x, "y");
        _ = b.Output(x, "z");
        Assert.That(Simplification.Run(b.Graph).Outputs.Select(v => v.Name), Is.EqualTo(new[] { "y", "z" }));
    }

    private static string[] Ops(Graph graph) => [.. graph.Nodes.Select(n => n.OpType)];

    private static double[] Draw(Random random, OpCase row, long count) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => row.Low + ((row.High - row.Low) * random.NextDouble()))];
}
