using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Train.Tests;

/// <summary>Batch normalisation as one operation of libtorch against the operators that define it.</summary>
public sealed class BatchNormFusionTests
{
    private const int NodesOfOne = 10;

    [Test]
    public void Replaces_NormalisationsOfABatch_AllOfThem()
    {
        Graph graph = Network(Normalization.Batch).Support;
        BatchNormFusion fusion = new(graph);

        Assert.That(graph.Nodes.Count(fusion.Replaces), Is.EqualTo(4 * NodesOfOne));
        Assert.That(graph.Nodes.Count(n => fusion.At(n) is not null), Is.EqualTo(4));
    }

    [TestCase(Normalization.Support)]
    [TestCase(Normalization.Group)]
    [TestCase(Normalization.Layer)]
    [TestCase(Normalization.None)]
    public void Replaces_WhatIsNoBatchNormalisationOrLeavesStatistics_Nothing(Normalization normalization)
    {
        Graph graph = Network(normalization).Support;
        BatchNormFusion fusion = new(graph);

        Assert.That(graph.Nodes.Where(fusion.Replaces), Is.Empty);
    }

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void Run_FusedAndByDefinition_AgreeToSecondOrder(int rank)
    {
        long[] sizes = new long[] { 5, 3, 4, 2 }[..rank];
        // A statistic that leaves the graph keeps the operators as they are.
        using TorchInterpreter fused = new(Normalisation(sizes, statistics: false), doublePrecision: true);
        using TorchInterpreter defined = new(Normalisation(sizes, statistics: true), doublePrecision: true);
        using var scope = NewDisposeScope();
        Tensor[] inputs =
        [
            arange(sizes.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float64).sin().reshape(sizes),
            tensor(new[] { 0.5, 1.5, -2.0 }),
            tensor(new[] { 0.1, 0.0, -0.3 }),
        ];

        Tensor[] a = Derivatives(fused, inputs);
        Tensor[] b = Derivatives(defined, inputs);

        for (int i = 0; i < a.Length; i++)
        {
            double scale = Math.Max(1, b[i].abs().max().item<double>());
            Assert.That((a[i] - b[i]).abs().max().item<double>() / scale, Is.LessThan(1e-12), $"derivative {i}");
        }
    }

    // the value, its gradients, and the gradients of their squares
    private static Tensor[] Derivatives(TorchInterpreter interpreter, Tensor[] inputs)
    {
        Tensor[] leaves = [.. inputs.Select(t => t.clone().requires_grad_())];
        Tensor value = interpreter.Run(leaves)[0];
        IList<Tensor> first = autograd.grad([(value * value * value).sum()], leaves, retain_graph: true, create_graph: true);
        Tensor squares = first.Select(g => (g * g).sum()).Aggregate((x, y) => x + y);
        IList<Tensor> second = autograd.grad([squares], leaves);
        return [value, .. first, .. second];
    }

    private static Graph Normalisation(long[] sizes, bool statistics)
    {
        GraphBuilder b = new("normalisation");
        Value x = b.Parameter("x", sizes);
        Value scale = b.Parameter("scale", 3);
        Value shift = b.Parameter("shift", 3);
        long[] perChannel = [1, 3, .. Enumerable.Repeat(1L, sizes.Length - 2)];
        long[] axes = [0, .. Enumerable.Range(2, sizes.Length - 2).Select(a => (long)a)];
        Value mean = b.ReduceMean(x, axes);
        Value difference = b.Sub(x, mean);
        Value variance = b.ReduceMean(b.Mul(difference, difference), axes);
        Value factor = b.Div(b.Reshape(scale, perChannel), b.Sqrt(b.Add(variance, 1e-5f)));
        _ = b.Output(b.Add(b.Mul(difference, factor), b.Reshape(shift, perChannel)), "y");
        if (statistics)
        {
            _ = b.Output(mean, "mean");
        }

        return b.Graph;
    }

    private static NetworkGraphs Network(Normalization normalization) =>
        NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = "conv4",
                Filters = 8,
                Normalization = normalization,
            },
            [1, 28, 28],
            5
        );
}
