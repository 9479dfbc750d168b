using Kindling.Graphs;

namespace Kindling.Networks.Tests;

public sealed class NetworkCatalogueTests
{
    [Test]
    public void Build_Conv4OnOmniglot_HasThePapersParameterCount()
    {
        NetworkGraphs network = NetworkCatalogue.Build(
            new NetworkSpec { Type = "conv4", Normalization = Normalization.Batch },
            [1, 28, 28],
            5
        );
        // 3x3 convolutions 1-64-64-64-64 without bias, a scale and a shift per channel, a 64-5 head
        const int Expected = (9 * 64) + (3 * 9 * 64 * 64) + (4 * 2 * 64) + (64 * 5) + 5;
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(Expected));
    }

    [Test]
    public void Build_SupportStatistics_AreOutputsOfOneGraphAndInputsOfTheOther()
    {
        NetworkGraphs network = NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = "conv4",
                Filters = 8,
                Normalization = Normalization.Support,
            },
            [1, 28, 28],
            5
        );
        string[] names = [.. network.Statistics.Select(s => s.Name)];
        Assert.That(network.Support.Outputs.Skip(2).Select(v => v.Name), Is.EqualTo(names));
        Assert.That(network.Infer.Inputs.Skip(1 + network.Parameters.Count).Select(v => v.Name), Is.EqualTo(names));
    }

    [TestCase("mlp", 2)]
    [TestCase("conv4", 4)]
    public void Build_Warp_StartsAsTheIdentity(string type, int layers)
    {
        NetworkGraphs network = NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = type,
                Hidden = type == "mlp" ? [6, 5] : [],
                Filters = 8,
                Warp = true,
                Normalization = type == "mlp" ? Normalization.None : Normalization.Batch,
            },
            type == "mlp" ? [1] : [1, 16, 16],
            2
        );
        ParameterSpec[] warps = [.. network.Parameters.Where(p => p.Name.Contains(".warp.", StringComparison.Ordinal))];
        Assert.That(warps, Has.Length.EqualTo(layers));
        foreach (ParameterSpec warp in warps)
        {
            Assert.That(warp.Initial, Is.EqualTo(InitialDistribution.Identity));
            Assert.That(warp.Shape[0], Is.EqualTo(warp.Shape[1]));
            Assert.That(warp.Shape.Skip(2), Is.All.EqualTo(1));
        }
    }

    [Test]
    public void Build_UnknownType_NamesTheKnownOnes()
    {
        Assert.That(
            () => NetworkCatalogue.Build(new NetworkSpec { Type = "resnet" }, [1, 28, 28], 5),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("network.type: expected one of linear, mlp, conv4, onnx, got 'resnet'")
        );
    }
}
