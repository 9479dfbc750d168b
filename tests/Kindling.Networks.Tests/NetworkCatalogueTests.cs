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

    // Lee et al. 2019: convolutions without bias, a scale and a shift per channel, and a head for 5 ways
    [Test]
    public void Build_ResNet12_HasThePapersParameterCount()
    {
        NetworkSpec spec = new() { Type = "resnet12", Normalization = Normalization.Batch };
        NetworkGraphs network = NetworkCatalogue.Build(spec, [3, 84, 84], 5);
        const int Body = 12_424_320;
        Assert.That(network.Parameters.Where(p => !p.IsHead).Sum(p => p.Count), Is.EqualTo(Body));
        Assert.That(network.Support.Output("features").Shape.ToString(), Is.EqualTo("[batch, 640]"));
    }

    // Zhang et al. 2017, small, as MLPerf Tiny has it: 24,908 with 9 x 2 x 64 running statistics and 9 x 64 biases that the normalisation cancels
    [Test]
    public void Build_DepthwiseSeparable_HasThePapersParameterCount()
    {
        NetworkSpec spec = new() { Type = "dscnn", Normalization = Normalization.Support };
        NetworkGraphs network = NetworkCatalogue.Build(spec, [1, 49, 10], 12);
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(24_908 - (9 * 2 * 64) - (9 * 64)));
        Assert.That(network.Statistics.Sum(s => s.Count), Is.EqualTo(9 * 2 * 64));
    }

    // torch's GRU and LSTM with 6 inputs and 32 units have 3 x 32 x (6 + 32 + 2) and 4 x 32 x (6 + 32 + 2); theirs have a second bias that changes nothing
    [TestCase("gru", (3 * 32 * (6 + 32 + 2)) - (2 * 32))]
    [TestCase("lstm", (4 * 32 * (6 + 32 + 2)) - (4 * 32))]
    public void Build_Recurrent_HasTheParametersOfTorch(string type, int body)
    {
        NetworkGraphs network = NetworkCatalogue.Build(new NetworkSpec { Type = type, Width = 32 }, [6, 20], 5);
        Assert.That(network.Parameters.Where(p => !p.IsHead).Sum(p => p.Count), Is.EqualTo(body));
    }

    // Bai et al. 2018: two convolutions a block, and one across channels where their number changes
    [Test]
    public void Build_TemporalConvolution_HasThePapersParameterCount()
    {
        NetworkSpec spec = new()
        {
            Type = "tcn",
            Layers = 3,
            Width = 16,
        };
        NetworkGraphs network = NetworkCatalogue.Build(spec, [6, 64, 1], 5);
        const int Body = ((6 * 3 * 16) + 16) + (5 * ((16 * 3 * 16) + 16)) + ((6 * 16) + 16);
        Assert.That(network.Parameters.Where(p => !p.IsHead).Sum(p => p.Count), Is.EqualTo(Body));
    }

    // Kim 2014: 100 filters of each of three sizes over vectors of 300
    [Test]
    public void Build_TextCnn_HasThePapersParameterCount()
    {
        NetworkSpec spec = new()
        {
            Type = "text-cnn",
            Width = 300,
            Filters = 100,
        };
        NetworkGraphs network = NetworkCatalogue.Build(spec, [56], 2);
        const int Body = (257 * 300) + (100 * ((300 * (3 + 4 + 5)) + 3));
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(Body + (300 * 2) + 2));
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
            1024
        );
        Assert.That(network.Parameters.Sum(p => p.Count), Is.EqualTo(124_439_808 - (12 * 768)));
        Assert.That(network.Support.Output("output").Shape.ToString(), Is.EqualTo("[batch, 1024, 50257]"));
    }

    private static readonly TestCaseData[] Wrong =
    [
        Fault(new() { Type = "resnet12", Widths = [64, 0] }, [3, 84, 84], "network.widths: expected 4 sizes from 1 to 65536, got [64, 0]"),
        Fault(
            new()
            {
                Type = "resnet12",
                Widths = [8, 12, 16, 20],
                Normalization = Normalization.Group,
            },
            [3, 84, 84],
            "network.groups: expected a divisor of 12 filters, got 8; network.groups: expected a divisor of 20 filters, got 8"
        ),
        Fault(new() { Type = "resnet12" }, [3, 84, 12], "network resnet12 takes images of at least 16x16, got 12x84"),
        Fault(new() { Type = "dscnn" }, [40], "network dscnn takes inputs [channels, height, width], got [40]"),
        Fault(new() { Type = "dscnn", Kernel = [3] }, [1, 49, 10], "network.kernel: expected 2 sizes from 1 to 64, got [3]"),
        Fault(
            new()
            {
                Type = "tcn",
                Causal = false,
                Kernel = [4],
            },
            [6, 64],
            "network.kernel: a centred one is odd, got 4"
        ),
        Fault(new() { Type = "tcn", Layers = 21 }, [6, 64], "network.layers: expected 1 to 20, got 21"),
        Fault(new() { Type = "tcn" }, [6, 64, 2], "network tcn takes inputs [channels, times] or [channels, times, 1], got [6, 64, 2]"),
        Fault(
            new() { Type = "gru" },
            [6, 64, 2],
            "network gru takes codes [length] or signals [channels, times] or [channels, times, 1], got [6, 64, 2]"
        ),
        Fault(new() { Type = "lstm", Vocabulary = 10 }, [6, 64], "network.vocabulary: a signal has none, expected no such member, got 10"),
        Fault(new() { Type = "gru", Heads = 2 }, [8], "network.heads: gru has no heads; it has layers, width, vocabulary"),
        Fault(
            new() { Type = "lstm", Normalization = Normalization.Layer },
            [8],
            "network.normalization: lstm does without, expected none, got Layer"
        ),
        Fault(new() { Type = "text-cnn", Kernel = [] }, [8], "network.kernel: expected one or more sizes from 1 to 1024, got []"),
        Fault(new() { Type = "conv4", Layers = 3 }, [1, 28, 28], "network.layers: conv4 has no layers; it has none of these members"),
        Fault(new() { Type = "transformer", Context = 3 }, [8], "network: transformer takes neither context nor warp nor gate"),
        Fault(
            new() { Type = "policy", Warp = true },
            [8],
            "network: policy takes neither warp nor gate; network policy gives a mean and the logarithm of a standard deviation for each number of an action, got 5 outputs"
        ),
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
            "network transformer-lm takes a target for each of 8 positions, the code that is to be scored there; got 5"
        ),
        Fault(new() { Type = "gru-lm" }, [8, 1], "network gru-lm takes codes [length], or [length, 1 + codes to copy], got [8, 1]"),
        Fault(
            new()
            {
                Type = "transformer-lm",
                Vocabulary = 5,
                Head = "prototypes",
            },
            [5],
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
                .With.Message.EqualTo(
                    "network.type: expected one of linear, mlp, policy, conv4, transformer, transformer-lm, resnet12, detector, dscnn, tcn, gru, lstm, gru-lm, lstm-lm, text-cnn, onnx, got 'resnet'"
                )
        );
    }
}
