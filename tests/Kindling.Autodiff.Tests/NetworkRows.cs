using Kindling.Networks;

namespace Kindling.Autodiff.Tests;

/// <summary>Every network of the catalogue with every normalisation and way to halve an image, small.</summary>
internal static class NetworkRows
{
    public const int Outputs = 3;

    public static IEnumerable<TestCaseData> All =>
        [
            Row("linear", new NetworkSpec { Type = "linear" }, [3]),
            .. from mode in new[] { Normalization.None, Normalization.Layer }
            select Row(
                $"mlp {mode}",
                new NetworkSpec
                {
                    Type = "mlp",
                    Hidden = [5, 4],
                    Normalization = mode,
                },
                [3]
            ),
            .. from mode in Enum.GetValues<Normalization>()
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
            Row(
                "mlp gated",
                new NetworkSpec
                {
                    Type = "mlp",
                    Hidden = [5, 4],
                    Gate = true,
                },
                [3]
            ),
            Row(
                "conv4 gated",
                new NetworkSpec
                {
                    Type = "conv4",
                    Filters = 4,
                    Gate = true,
                    Normalization = Normalization.Layer,
                },
                [1, 16, 16]
            ),
            .. from positions in new[] { "learned", "rotary" }
            select Row(
                $"transformer {positions}",
                new NetworkSpec
                {
                    Type = "transformer",
                    Layers = 2,
                    Width = 8,
                    Heads = 2,
                    FeedForward = 12,
                    Positions = positions,
                    Vocabulary = 7,
                },
                [6]
            ),
            .. from mode in Enum.GetValues<Normalization>()
            select Row(
                $"resnet12 {mode}",
                new NetworkSpec
                {
                    Type = "resnet12",
                    Widths = [2, 4, 4, 6],
                    Groups = 2,
                    Normalization = mode,
                },
                [3, 16, 16]
            ),
            .. from mode in Enum.GetValues<Normalization>()
            select Row(
                $"dscnn {mode}",
                new NetworkSpec
                {
                    Type = "dscnn",
                    Layers = 2,
                    // so many that not every ReLU is open everywhere or nowhere, where the shift before it would cancel behind it
                    Width = 8,
                    Kernel = [4, 3],
                    Groups = 2,
                    Normalization = mode,
                },
                [1, 9, 6]
            ),
            .. from mode in Enum.GetValues<Normalization>()
            from causal in new[] { true, false }
            select Row(
                $"tcn {mode} {(causal ? "causal" : "centred")}",
                new NetworkSpec
                {
                    Type = "tcn",
                    Layers = 2,
                    Width = 4,
                    Groups = 2,
                    Causal = causal,
                    Normalization = mode,
                },
                causal ? [3, 9] : [3, 9, 1]
            ),
            .. from type in new[] { "gru", "lstm" }
            from signal in new[] { true, false }
            select Row(
                $"{type} of {(signal ? "signals" : "codes")}",
                new NetworkSpec
                {
                    Type = type,
                    Layers = 2,
                    Width = 4,
                    Vocabulary = signal ? null : 7,
                },
                signal ? [3, 5] : [6]
            ),
            Row(
                "text-cnn",
                new NetworkSpec
                {
                    Type = "text-cnn",
                    Width = 4,
                    Kernel = [2, 3],
                    Filters = 3,
                    Vocabulary = 7,
                },
                [6]
            ),
            .. from type in new[] { "transformer", "gru", "lstm" }
            from copies in new[] { 0, 3 }
            select Row(
                $"{type}-lm{(copies == 0 ? "" : " that copies")}",
                new NetworkSpec
                {
                    Type = $"{type}-lm",
                    Layers = 2,
                    Width = 4,
                    Heads = type == "transformer" ? 2 : null,
                    Vocabulary = 7,
                },
                copies == 0 ? [5] : [5, 1 + copies]
            ),
            .. from embedding in new[] { "learned", "random" }
            select Row(
                $"transformer over pieces, {embedding}",
                new NetworkSpec
                {
                    Type = "transformer",
                    Layers = 1,
                    Width = 8,
                    Heads = 2,
                    FeedForward = 12,
                    Vocabulary = 7,
                    Embedding = embedding,
                    EmbeddingWidth = 12,
                    Pooling = "attention",
                },
                [4, 3]
            ),
            // filters enough for products of gathered columns, with small weights and with large ones
            .. from filters in new[] { 16, 96 }
            select Row($"conv4 with {filters} filters", new NetworkSpec { Type = "conv4", Filters = filters }, [1, 8, 8]),
        ];

    public static NetworkGraphs Build(NetworkSpec spec, int[] input) =>
        NetworkCatalogue.Build(spec, input, spec.ScoresCodes() ? input[0] : Outputs);

    private static TestCaseData Row(string name, NetworkSpec spec, int[] input) => new TestCaseData(spec, input).SetArgDisplayNames(name);
}
