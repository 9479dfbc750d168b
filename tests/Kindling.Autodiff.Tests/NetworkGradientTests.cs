using Kindling.Autodiff.Passes;
using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Autodiff.Tests;

/// <summary>Parity of the three engines over the whole catalogue: forward (torch = ONNX Runtime) and gradient (torch autograd = backward graph on both).</summary>
public sealed class NetworkGradientTests
{
    private const int Batch = 4;

    // The parity measure: over all values together, and per tensor against its largest value.
    private const double Tolerance = 1e-4;

    // In double, the graph and autograd: rounding; but the factor 2 / sqrt(pi) of erf's derivative is a float in a float graph, off by 3e-8 of it.
    private const double Rounding = 1e-10;
    private const double RoundingOfErf = 1e-7;

    [TestCaseSource(typeof(NetworkRows), nameof(NetworkRows.All))]
    public void Gradients_OfNetwork_EqualTorchAutograd(NetworkSpec spec, int[] input)
    {
        CompareWithAutograd(Step(spec, input), spec.Vocabulary);
        CompareWithAutograd(Step(spec, input, lowered: true), spec.Vocabulary);
    }

    private static void CompareWithAutograd(Graph step, int? codes)
    {
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(step, doublePrecision: true);
        Tensor[] feeds = [.. Feeds(step, codes).Select(f => tensor(f.Values, f.Sizes))];
        foreach (Tensor parameter in feeds.Skip(1))
        {
            _ = parameter.requires_grad_();
        }

        double tolerance = step.Nodes.Any(n => n.OpType == "Erf") ? RoundingOfErf : Rounding;
        Tensor[] results = interpreter.Run(feeds);
        IList<Tensor> expected = autograd.grad([results[0]], feeds[1..]);
        for (int i = 0; i < expected.Count; i++)
        {
            double error = (results[i + 1] - expected[i]).norm().item<double>() / Math.Max(1e-9, expected[i].norm().item<double>());
            Assert.That(error, Is.LessThan(tolerance), step.Inputs[i + 1].Name);
        }
    }

    [TestCaseSource(typeof(NetworkRows), nameof(NetworkRows.All))]
    public void Gradients_OfNetworkOnOnnxRuntime_EqualTorch(NetworkSpec spec, int[] input)
    {
        Compare(Step(spec, input), spec.Vocabulary);
        Compare(Step(spec, input, lowered: true), spec.Vocabulary);
    }

    [TestCaseSource(typeof(NetworkRows), nameof(NetworkRows.All))]
    public void Outputs_OfNetworkOnOnnxRuntime_EqualTorch(NetworkSpec spec, int[] input)
    {
        NetworkGraphs network = NetworkRows.Build(spec, input);
        Compare(network.Support, spec.Vocabulary);
        Compare(network.Infer, spec.Vocabulary);
    }

    // x and parameters in; the loss and its gradient by every parameter out
    private static Graph Step(NetworkSpec spec, int[] input, bool lowered = false)
    {
        Graph network = NetworkRows.Build(spec, input).Support;
        network = lowered ? ConvolutionLowering.Run(network) : network;
        GraphBuilder b = new("step");
        Value[] inputs = [.. network.Inputs.Select(v => b.Input(v.Name, v.Type, v.Shape))];
        Value output = b.Inline(network, inputs.ToDictionary(v => v.Name))["output"];
        Value loss = spec.ScoresCodes()
            ? Losses.CodeCrossEntropy(b, output, input.Length == 1 ? inputs[0] : b.Squeeze(b.Gather(inputs[0], b.Ints(0), 2), 2))
            : Losses.CrossEntropy(b, output, b.Ints(0, 1, 2, 0));
        foreach (Value value in Differentiator.Gradients(b, loss, [.. inputs.Skip(1)]).Prepend(loss))
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }

    private static (long[] Sizes, double[] Values)[] Feeds(Graph graph, int? codes)
    {
        Random random = new(3);
        return
        [
            .. graph.Inputs.Select(v =>
            {
                long[] sizes = [.. v.Shape.Select(d => d.IsKnown ? d.Size : Batch)];
                // numbers that float holds exactly; variances are positive
                double low = v.Name.EndsWith(".variance", StringComparison.Ordinal) ? 0.5 : -1;
                double[] values = new double[sizes.Aggregate(1L, (a, b) => a * b)];
                for (int i = 0; i < values.Length; i++)
                {
                    // padding ends each row, some of them in the middle
                    values[i] =
                        v.Name == "x" && codes is { } count
                            ? i % sizes[1] < 2 + (i / sizes[1])
                                ? random.Next(1, count)
                                : 0
                            : (float)(low + ((1 - low) * random.NextDouble()));
                }

                return (sizes, values);
            }),
        ];
    }

    private static void Compare(Graph graph, int? codes)
    {
        (long[] Sizes, double[] Values)[] feeds = Feeds(graph, codes);
        IReadOnlyList<double[]> expected = Engines.Torch(graph, feeds);
        IReadOnlyList<double[]> got = Engines.OnnxRuntime(graph, feeds);
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            double bound = Tolerance * Math.Max(0.01, expected[i].Max(Math.Abs));
            Assert.That(got[i], Is.EqualTo(expected[i]).Within(bound), $"{graph.Name}: {graph.Outputs[i].Name}");
            difference += got[i].Zip(expected[i], (a, b) => (a - b) * (a - b)).Sum();
            size += expected[i].Sum(v => v * v);
        }

        Assert.That(Math.Sqrt(difference / size), Is.LessThanOrEqualTo(Tolerance), graph.Name);
    }
}
