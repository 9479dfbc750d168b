using Kindling.Autodiff.Passes;
using Kindling.Autodiff.Rules;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Tests;

public sealed class DifferentiatorTests
{
    private static readonly float[] Ties = [-1, 0, 0, 2];

    [Test]
    public void Rules_EveryOperatorTheyEmit_HasRuleOrIsNonDifferentiable()
    {
        HashSet<string> emitted = [.. OpCases.All.SelectMany(row => GradientChecker.Graph(row, 2).Graph.Nodes).Select(n => n.OpType)];
        Assert.That(emitted.Except(VjpRules.Names).Except(VjpRules.NonDifferentiable), Is.Empty);
    }

    [Test]
    public void Rules_EveryOperatorOfTheRegistry_HasRuleOrIsNonDifferentiable() =>
        Assert.That(OpRegistry.All.Select(s => s.Name), Is.EquivalentTo(VjpRules.Names.Concat(VjpRules.NonDifferentiable)));

    [Test]
    public void Cases_EveryOperatorWithRule_HasARow()
    {
        HashSet<string> covered = [.. OpCases.All.SelectMany(row => GradientChecker.Graph(row, 1).Graph.Nodes).Select(n => n.OpType)];
        Assert.That(VjpRules.Names.Except(covered), Is.Empty);
    }

    [TestCase("ReduceSum", "Gradient of node ReduceSum 'reducesum': the axes must be constant.")]
    [TestCase("Slice", "Gradient of node Slice 'slice': input 3 must be constant.")]
    public void Gradients_AxesOfRunTime_AreRefusedByName(string name, string message)
    {
        GraphBuilder b = new("axes");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2, 3));
        Value axes = b.Input("axes", ElementType.Int64, Shape.Of(1));
        Value y = name == "Slice" ? b.Slice(x, b.Ints(0), b.Ints(1), axes) : b.Op("ReduceSum", [x, axes]);
        Value loss = b.ReduceSum(y, keepDims: false);

        Assert.That(() => Differentiator.Gradients(b, loss, [x]), Throws.TypeOf<GraphException>().With.Message.EqualTo(message));
    }

    // what libtorch gives at ties and at 0
    private static IEnumerable<TestCaseData> TieRows =>
        [
            Row("Relu", (b, x) => b.Relu(x), 0, 0, 0, 1),
            Row("Abs", (b, x) => b.Abs(x), -1, 0, 0, 1),
            Row("LeakyRelu", (b, x) => b.LeakyRelu(x, 0.25f), 0.25, 0.25, 0.25, 1),
            Row("Elu", (b, x) => b.Elu(x, 0.5f), 0.5 * Math.Exp(-1), 0.5, 0.5, 1),
            Row("Max", (b, x) => b.Max(x, b.Scalar(0)), 0, 0.5, 0.5, 1),
            Row("Min", (b, x) => b.Min(x, b.Scalar(0)), 1, 0.5, 0.5, 0),
            Row("Clip", (b, x) => b.Clip(x, b.Scalar(0), b.Scalar(2)), 0, 1, 1, 1),
            Row("MaxPool", (b, x) => b.MaxPool(b.Reshape(x, [1, 1, 4]), [2]), 0, 2, 0, 1),
            Row("Pow 0", (b, x) => b.Pow(x, b.Scalar(0)), 0, 0, 0, 0),
            Row("Pow 1", (b, x) => b.Pow(x, b.Scalar(1)), 1, 1, 1, 1),
        ];

    [TestCaseSource(nameof(TieRows))]
    public void Gradients_AtTies_AreThoseOfTorch(Func<GraphBuilder, Value, Value> build, double[] expected)
    {
        GraphBuilder b = new("ties");
        Value x = b.Input("x", ElementType.Float, Shape.Of(4));
        _ = b.Output(Differentiator.Gradients(b, b.ReduceSum(build(b, x), keepDims: false), [x])[0], "dx");
        double[] got = Engines.Torch(b.Graph, [([4], [.. Ties.Select(t => (double)t)])])[0];
        Assert.That(got, Is.EqualTo(expected).Within(1e-7));
    }

    [Test]
    public void Gradients_ReduceMaxOfEqualElements_ShareEvenly()
    {
        GraphBuilder b = new("ties");
        Value x = b.Input("x", ElementType.Float, Shape.Of(4));
        _ = b.Output(Differentiator.Gradients(b, b.ReduceMax(x, keepDims: false), [x])[0], "dx");
        Assert.That(Engines.Torch(b.Graph, [([4], [3, 3, 1, 3])])[0], Is.EqualTo(new[] { 1 / 3.0, 1 / 3.0, 0, 1 / 3.0 }).Within(1e-12));
    }

    [Test]
    public void Gradients_ValueNotReached_IsZeroOfItsShape()
    {
        GraphBuilder b = new("unreached");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2));
        Value y = b.Input("y", ElementType.Float, new Shape("n", 3));
        // a comparison passes nothing on
        Value loss = b.ReduceSum(b.Add(x, b.Cast(b.Greater(b.ReduceSum(y, [1]), b.Scalar(0)), ElementType.Float)), keepDims: false);
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, loss, [x, y]);
        _ = b.Output(gradients[1], "dy");
        Assert.That(gradients[1].Shape, Is.EqualTo(y.Shape));
        Assert.That(Engines.Torch(b.Graph, [([2, 2], [1, 2, 3, 4]), ([2, 3], [1, 1, 1, 1, 1, 1])])[0], Is.EqualTo(new double[6]));
    }

    [Test]
    public void Gradients_NodesOffThePath_AreNotVisited()
    {
        GraphBuilder b = new("path");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value y = b.Input("y", ElementType.Float, Shape.Of(2));
        Value loss = b.ReduceSum(b.Mul(x, b.Exp(y)), keepDims: false);
        int before = b.Graph.Nodes.Count;
        _ = Differentiator.Gradients(b, loss, [x]);
        Assert.That(b.Graph.Nodes.Skip(before).Select(n => n.OpType), Is.EqualTo(new[] { "Expand", "Mul" }));
    }

    [Test]
    public void Gradients_WithSeed_AreScaledByIt()
    {
        GraphBuilder b = new("seed");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value seed = b.Input("g", ElementType.Float, Shape.Of(2));
        _ = b.Output(Differentiator.Gradients(b, b.Mul(x, x), [x], seed)[0], "dx");
        Assert.That(Engines.Torch(b.Graph, [([2], [1, 2]), ([2], [10, 100])])[0], Is.EqualTo(new double[] { 20, 400 }));
    }

    // y = x^2 as a constant: z = x y has dz/dx = y alone, though the gradient by y itself is asked for as well.
    [Test]
    public void Gradients_ByAConstantToo_DoNotPassIt()
    {
        GraphBuilder b = new("constant");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value y = b.Identity(b.Mul(x, x));
        IReadOnlyList<Value> gradients = Differentiator.Gradients(
            b,
            b.ReduceSum(b.Mul(x, y), keepDims: false),
            [x, y],
            constants: new HashSet<Value> { y }
        );
        _ = b.Output(gradients[0], "dx");
        _ = b.Output(gradients[1], "dy");
        IReadOnlyList<double[]> results = Engines.Torch(b.Graph, [([2], [3, 5])]);
        Assert.That(results[0], Is.EqualTo(new double[] { 9, 25 }));
        Assert.That(results[1], Is.EqualTo(new double[] { 3, 5 }));
    }

    // By a value between the operators of a normalisation, and with that value held constant. By what is centred too, which is never taken for one operator.
    [Test]
    public void Gradients_WithinANormalization_AreThoseOfItsOperators(
        [Values("mean", "centred", "square", "mean2", "variance", "root", "factor", "scaled")] string name,
        [Values] bool isConstant
    )
    {
        double[][] Of(bool whole)
        {
            GraphBuilder b = new("normalised");
            Value x = b.Parameter("x", 3, 2);
            Dictionary<string, Value> inner = Normalized(b, x, axes: [0]);
            HashSet<Value> constants = isConstant ? [inner[name]] : [];
            Value[] wrt = [x, .. isConstant ? (Value[])[] : [inner[name]], .. whole ? (Value[])[] : [inner["centred"]]];
            Value loss = b.ReduceSum(b.Exp(inner["y"]), keepDims: false);
            IReadOnlyList<Value> gradients = Differentiator.Gradients(b, loss, wrt, constants: constants);
            for (int i = 0; i < (isConstant ? 1 : 2); i++)
            {
                _ = b.Output(b.Identity(gradients[i]), $"g{i}");
            }

            (long[], double[])[] inputs = [([3, 2], [1, 2, -1, 0.5, 0.25, -3]), ([1, 2], [2, 3]), ([1, 2], [0.5, -1])];
            return [.. Engines.Torch(b.Graph, inputs)];
        }

        double[][] got = Of(whole: true);
        double[][] expected = Of(whole: false);
        // the result depends on x through these two alone
        Assert.That(got[^1].Any(g => g != 0), Is.EqualTo(!isConstant || name is not ("centred" or "scaled")));
        for (int i = 0; i < got.Length; i++)
        {
            Assert.That(got[i], Is.EqualTo(expected[i]).Within(1e-9));
        }
    }

    [Test]
    public void Gradients_NormalizationOfHalvesOverTwoAxes_CountTheElements()
    {
        GraphBuilder b = new("halves");
        Value x = b.Input("x", ElementType.Float16, Shape.Of(3, 2, 5));
        Value loss = b.ReduceSum(Normalized(b, x, axes: [0, 2])["y"], keepDims: false);
        Value gradient = Differentiator.Gradients(b, loss, [x])[0];
        Assert.That((gradient.Type, gradient.Shape), Is.EqualTo((ElementType.Float16, Shape.Of(3, 2, 5))));
        Half[] numbers =
        [
            .. b.Graph.Constants.Select(v => v.Constant!).Where(t => t.Type == ElementType.Float16).Select(t => t.AsSpan<Half>()[0]),
        ];
        Assert.That(numbers, Does.Contain((Half)15));
    }

    [Test]
    public void Gradients_ReductionMulOfScatter_NamesTheNode()
    {
        GraphBuilder b = new("refused");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Value y = b.ScatterElements(x, b.Ints(0), x is var u ? b.Slice(u, b.Ints(0), b.Ints(1)) : x, 0, "mul");
        GraphException error = Assert.Throws<GraphException>(() => Differentiator.Gradients(b, b.ReduceSum(y, keepDims: false), [x]))!;
        Assert.That(error.Message, Does.Contain("scatterelements").And.Contain("reduction 'mul' has no gradient rule"));
    }

    // Windows that overlap: elements at their ends are taken twice, the others once, and none is padded to the use of another.
    [Test]
    public void Gradients_GatherOfWindows_GathersEachUseOnce()
    {
        GraphBuilder b = new("windows");
        Value x = b.Parameter("x", 1, 9);
        Value y = b.Gather(x, b.Ints(0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8), 1);
        IReadOnlyList<Value> dx = Differentiator.Gradients(b, b.ReduceSum(b.Mul(y, y), keepDims: false), [x]);
        _ = b.Output(dx[0], "dx");
        Graph graph = Simplification.Run(b.Graph);
        Assert.That(
            graph.Nodes.Where(n => n.OpType is "Gather" or "Pad" or "Add").Select(n => (n.OpType, n.Output.Shape[1].Size)),
            Is.EqualTo(new[] { ("Gather", 12L), ("Gather", 6), ("Gather", 3), ("Gather", 3), ("Add", 3), ("Gather", 9) })
        );
        double[] values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.That(Engines.Torch(graph, [([1, 9], values)])[0], Is.EqualTo(new double[] { 2, 4, 12, 8, 20, 12, 28, 16, 18 }));
    }

    [Test]
    public void Gradients_LossOfSeveralElements_Throws()
    {
        GraphBuilder b = new("vector");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2));
        Assert.That(() => Differentiator.Gradients(b, b.Exp(x), [x]), Throws.TypeOf<GraphException>().With.Message.Contains("give a seed"));
    }

    private static Dictionary<string, Value> Normalized(GraphBuilder b, Value x, long[] axes)
    {
        Shape one = new(x.Shape.Select((d, i) => axes.Contains(i) ? 1 : d));
        Dictionary<string, Value> values = [];
        values["mean"] = b.ReduceMean(x, axes);
        values["centred"] = b.Sub(x, values["mean"]);
        values["square"] = b.Mul(values["centred"], values["centred"]);
        values["mean2"] = b.ReduceMean(values["square"], axes);
        values["variance"] = b.Add(values["mean2"], 1e-3);
        values["root"] = b.Sqrt(values["variance"]);
        values["factor"] = b.Div(b.Input("scale", x.Type, one), values["root"]);
        values["scaled"] = b.Mul(values["centred"], values["factor"]);
        values["y"] = b.Add(values["scaled"], b.Input("shift", x.Type, one));
        return values;
    }

    private static TestCaseData Row(string name, Func<GraphBuilder, Value, Value> build, params double[] expected) =>
        new TestCaseData(build, expected).SetArgDisplayNames(name);
}
