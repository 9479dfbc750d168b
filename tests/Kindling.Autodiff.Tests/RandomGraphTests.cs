using CsCheck;
using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Autodiff.Tests;

/// <summary>
/// On graphs composed at random, the gradients of torch's autograd, which knows nothing of ours, against the gradient graph on the interpreter in double and on
/// ONNX Runtime in float. A graph that fails is made smaller by CsCheck.
/// </summary>
public sealed class RandomGraphTests
{
    // Numbers in rules are floats even where a graph is run in double: 2 / sqrt(pi) of Erf is 2e-8 off.
    private const double DoubleThreshold = 1e-6;
    private const double FloatThreshold = 1e-3;

    [Test]
    public void Gradients_OfRandomGraphs_EqualAutograd() =>
        Gen.Select(Gen.Int[0, 100_000].Array[1, 8], Gen.Int[0, 1_000_000])
            .Sample(
                (genome, seed) => Check(genome, seed),
                iter: 150,
                threads: 1,
                print: t => $"seed {t.Item2}: [{string.Join(", ", t.Item1)}] {RandomGraphs.Describe(t.Item1)}"
            );

    // Each step alone, so that none is missed by chance.
    [TestCaseSource(nameof(EachStep))]
    public void Gradients_OfEveryStep_EqualAutograd(int step, string operators) =>
        Assert.DoesNotThrow(() => Check([step], seed: 7), operators);

    private static IEnumerable<TestCaseData> EachStep => RandomGraphs.Steps.Select((step, i) => new TestCaseData(i, step.Operators));

    // The comparison is itself checked: it sees a gradient that is 1 % wrong.
    [Test]
    public void Check_GradientThatIsWrong_Fails() =>
        Assert.That(
            () => Check([3, 40, 12], seed: 1, wrong: 0.01),
            Throws.TypeOf<GraphException>().With.Message.Contains("on interpreter differs by")
        );

    private static void Check(int[] genome, int seed, double wrong = 0)
    {
        _ = TorchNatives.Load();
        (Graph forward, Graph gradients) = (Forward(genome), Gradients(genome, wrong));
        Random random = new(seed);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. RandomGraphs.Inputs.Select(shape =>
            {
                long[] sizes = shape.ToSizes();
                int count = (int)sizes.Aggregate(1L, (a, b) => a * b);
                return (sizes, Enumerable.Range(0, count).Select(_ => (double)(float)((2 * random.NextDouble()) - 1)).ToArray());
            }),
        ];
        double[][] expected = Autograd(forward, inputs);
        Compare("interpreter", genome, expected, Engines.Torch(gradients, inputs), DoubleThreshold);
        Graph passed = ProductSums.Run(RowProducts.Run(MaskProducts.Run(OrderSinking.Run(Simplification.Run(gradients)))));
        Compare("interpreter after the passes of training", genome, expected, Engines.Torch(passed, inputs), DoubleThreshold);
        Compare("ONNX Runtime", genome, expected, Engines.OnnxRuntime(gradients, inputs), FloatThreshold);
    }

    private static void Compare(string engine, int[] genome, double[][] expected, IReadOnlyList<double[]> got, double threshold)
    {
        double scale = Math.Max(1, expected.SelectMany(g => g).Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            double worst = expected[i].Zip(got[i]).Max(p => Math.Abs(p.First - p.Second)) / scale;
            if (!(worst <= threshold) || expected[i].Length != got[i].Length)
            {
                throw new GraphException(
                    $"Gradient {i} of {RandomGraphs.Describe(genome)} on {engine} differs by {worst:0.0e+0}, at most {threshold:0.0e+0}."
                );
            }
        }
    }

    private static Graph Forward(int[] genome)
    {
        GraphBuilder b = new("forward");
        _ = b.Output(RandomGraphs.Build(b, Declare(b), genome), "loss");
        return b.Graph;
    }

    private static Graph Gradients(int[] genome, double wrong)
    {
        GraphBuilder b = new("gradients");
        Value[] x = Declare(b);
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, RandomGraphs.Build(b, x, genome), x);
        for (int i = 0; i < x.Length; i++)
        {
            _ = b.Output(b.Mul(gradients[i], 1 + wrong), $"gradient{i}");
        }

        return b.Graph;
    }

    private static Value[] Declare(GraphBuilder b) =>
        [.. RandomGraphs.Inputs.Select((shape, i) => b.Input($"x{i}", ElementType.Float, shape))];

    // An input that the graph does not read has no gradient there, and one of 0 here.
    private static double[][] Autograd(Graph graph, (long[] Sizes, double[] Values)[] inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(graph, doublePrecision: true);
        torch.Tensor[] x = [.. inputs.Select(i => tensor(i.Values, i.Sizes, requires_grad: true))];
        interpreter.Run(x)[0].backward();
        return
        [
            .. x.Select(
                (t, i) => t.grad is { } gradient ? gradient.contiguous().data<double>().ToArray() : new double[inputs[i].Values.Length]
            ),
        ];
    }
}
