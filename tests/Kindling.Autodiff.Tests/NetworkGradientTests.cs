using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Autodiff.Tests;

public sealed class NetworkGradientTests
{
    private static IEnumerable<TestCaseData> Rows =>
        [
            Row("mlp", new NetworkSpec { Type = "mlp", Hidden = [5, 4] }, [3]),
            .. from mode in new[]
            {
                Normalization.None,
                Normalization.Batch,
                Normalization.Support,
                Normalization.Group,
                Normalization.Layer,
            }
            from down in new[] { "stride", "pool" }
            select Row(
                $"conv4 {mode} {down}",
                new NetworkSpec
                {
                    Type = "conv4",
                    Filters = 4,
                    Groups = 2,
                    Downsample = down,
                    Normalization = mode,
                },
                [1, 16, 16]
            ),
        ];

    /// <summary>The backward graph equals libtorch's own autograd through the forward graph, both in double.</summary>
    [TestCaseSource(nameof(Rows))]
    public void Gradients_OfNetwork_EqualTorchAutograd(NetworkSpec spec, int[] input)
    {
        _ = TorchNatives.Load();
        NetworkGraphs network = NetworkCatalogue.Build(spec, input, 3);
        GraphBuilder b = new("step");
        Value[] inputs = [.. network.Support.Inputs.Select(v => b.Input(v.Name, v.Type, v.Shape))];
        Value output = b.Inline(network.Support, inputs.ToDictionary(v => v.Name))["output"];
        Value loss = Losses.CrossEntropy(b, output, b.Ints(0, 1, 2, 0));
        Value[] parameters = [.. inputs.Skip(1)];
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, loss, parameters);
        foreach (Value value in gradients.Prepend(loss))
        {
            _ = b.Output(value);
        }

        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(b.Graph, doublePrecision: true);
        Generator generator = new(3);
        Tensor[] feeds =
        [
            .. inputs.Select(v =>
                randn([.. v.Shape.Select(d => d.IsKnown ? d.Size : 4)], ScalarType.Float64, generator: generator)
                    .mul(0.5)
                    .requires_grad_(v != inputs[0])
            ),
        ];
        Tensor[] results = interpreter.Run(feeds);
        IList<Tensor> expected = autograd.grad([results[0]], feeds[1..]);
        for (int i = 0; i < expected.Count; i++)
        {
            double error = (results[i + 1] - expected[i]).norm().item<double>() / Math.Max(1e-9, expected[i].norm().item<double>());
            Assert.That(error, Is.LessThan(1e-10), parameters[i].Name);
        }
    }

    private static TestCaseData Row(string name, NetworkSpec spec, int[] input) => new TestCaseData(spec, input).SetArgDisplayNames(name);
}
