using Kindling.Networks;
using Kindling.Tasks;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>A gate's two ends: open, it leaves features as they are; shut, nothing comes through.</summary>
public sealed class FeatureGateTests
{
    [Test]
    public void Run_GateForcedOpenOrShut_PassesAllOrNothing([Values("mlp", "conv4")] string type)
    {
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        NetworkSpec spec = new()
        {
            Type = type,
            Hidden = [6],
            Filters = 6,
        };
        int[] input = type == "mlp" ? [3] : [1, 16, 16];
        torch.Tensor x = rand([2, .. input.Select(d => (long)d)], ScalarType.Float64);
        double[] plain = Features(spec, input, x, 0);
        Assert.That(plain, Has.Some.GreaterThan(0.01));
        Assert.That(Features(spec with { Gate = true }, input, x, 100), Is.EqualTo(plain).Within(1e-12));
        Assert.That(Features(spec with { Gate = true }, input, x, -100), Is.All.EqualTo(0).Within(1e-12));
    }

    // Parameters are drawn by name, so that the gated network has those of the plain one.
    private static double[] Features(NetworkSpec spec, int[] input, torch.Tensor x, double bias)
    {
        NetworkGraphs network = NetworkCatalogue.Build(spec, input, 2);
        torch.Tensor Draw(ParameterSpec p)
        {
            SeededRandom random = new((ulong)p.Name.Sum(c => c));
            return p.Name == "gate.open.bias"
                ? full([p.Count], bias, ScalarType.Float64)
                : tensor([.. Enumerable.Range(0, p.Count).Select(_ => random.NextGaussian())], [.. p.Shape.Select(d => (long)d)]);
        }

        using TorchInterpreter interpreter = new(network.Support, doublePrecision: true);
        return [.. interpreter.Run([x, .. network.Parameters.Select(Draw)])[1].data<double>()];
    }
}
