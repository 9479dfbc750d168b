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

    // Devlin et al. 2019: the layers of BERT-base have 85,054,464; without the biases of the keys
    [TestCase("learned", 30522 * 768 + 512 * 768)]
    [TestCase("rotary", 30522 * 768)]
    public void Build_TransformerOfBertsSize_HasThePapersParameterCount(string positions, int embeddings)
    {
        NetworkGraphs network = NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = "transformer",
                Layers = 12,
                Width = 768,
                Heads = 12,
                Positions = positions,
                Vocabulary = 30522,
            },
            [512],
            2
        );
        const int Layers = 85_054_464 - (12 * 768);
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(embeddings + Layers + (2 * 768) + (768 * 2) + 2));
    }

    // Radford et al. 2019: the small GPT-2 has 124,439,808; without the biases of the keys
    [Test]
    public void Build_LanguageModelOfGpt2sSize_HasThePapersParameterCount()
    {
        NetworkGraphs network = NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = "transformer-lm",
                Layers = 12,
                Width = 768,
                Heads = 12,
                Vocabulary = 50257,
            },
            [1024],
            50257
        );
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(124_439_808 - (12 * 768)));
        Assert.That(network.Support.Output("output").Shape.ToString(), Is.EqualTo("[batch, 1024, 50257]"));
    }

    private static readonly TestCaseData[] Wrong =
    [
        Fault(new() { Type = "conv4", Layers = 3 }, [1, 28, 28], "network.layers: conv4 has no layers; it has none of these members"),
        Fault(new() { Type = "transformer", Context = 3 }, [8], "network: transformer takes neither context nor warp nor gate"),
        Fault(new() { Type = "transformer", Heads = 3 }, [8], "network.heads: expected a divisor of the width 128, got 3"),
        Fault(
            new()
            {
                Type = "transformer",
                Width = 6,
                Heads = 2,
                Positions = "rotary",
            },
            [8],
            "network.positions: rotary turns pairs, expected an even width per head, got 3"
        ),
        Fault(new() { Type = "transformer", Positions = "none" }, [8], "network.positions: expected learned or rotary, got 'none'"),
        Fault(new() { Type = "transformer", Pooling = "sum" }, [8], "network.pooling: expected mean or attention, got 'sum'"),
        Fault(new() { Type = "transformer", Embedding = "fixed" }, [8], "network.embedding: expected learned or random, got 'fixed'"),
        Fault(
            new()
            {
                Type = "transformer",
                Embedding = "random",
                Pooling = "mean",
            },
            [8],
            "network.pooling: random vectors are weighted, expected attention, got mean"
        ),
        Fault(new() { Type = "transformer", Layers = 0 }, [8], "network.layers: expected 1 to 256, got 0"),
        Fault(new() { Type = "transformer", FeedForward = -1 }, [8], "network.feedForward: expected 1 to 262144, got -1"),
        Fault(new() { Type = "transformer", Vocabulary = 0 }, [8], "network.vocabulary: expected 1 to 16777216, got 0"),
        Fault(
            new() { Type = "transformer", Normalization = Normalization.Batch },
            [8],
            "network.normalization: transformer has its own, expected none, got Batch"
        ),
        Fault(new() { Type = "transformer" }, [1, 28, 28], "network transformer takes codes [length] or [length, pieces], got [1, 28, 28]"),
        Fault(
            new() { Type = "transformer-lm" },
            [8],
            "network transformer-lm gives a score for each of its vocabulary of 257, got 5 outputs"
        ),
        Fault(
            new()
            {
                Type = "transformer-lm",
                Vocabulary = 5,
                Head = "prototypes",
            },
            [8],
            "network.head: transformer-lm scores codes, not classes, expected linear, got prototypes"
        ),
    ];

    [TestCaseSource(nameof(Wrong))]
    public void Build_WrongDescription_SaysWhatIsExpected(NetworkSpec spec, int[] input, string fault)
    {
        Assert.That(() => NetworkCatalogue.Build(spec, input, 5), Throws.TypeOf<GraphException>().With.Message.EqualTo(fault));
    }

    private static TestCaseData Fault(NetworkSpec spec, int[] input, string fault) =>
        new TestCaseData(spec, input, fault).SetArgDisplayNames(fault);

    [Test]
    public void Build_UnknownType_NamesTheKnownOnes()
    {
        Assert.That(
            () => NetworkCatalogue.Build(new NetworkSpec { Type = "resnet" }, [1, 28, 28], 5),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("network.type: expected one of linear, mlp, conv4, transformer, transformer-lm, got 'resnet'")
        );
    }
}
