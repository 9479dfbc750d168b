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

    [Test]
    public void Build_UnknownType_NamesTheKnownOnes()
    {
        Assert.That(
            () => NetworkCatalogue.Build(new NetworkSpec { Type = "resnet" }, [1, 28, 28], 5),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("network.type: expected one of linear, mlp, conv4, got 'resnet'")
        );
    }
}
