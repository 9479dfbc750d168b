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

    private static TestCaseData Row(string name, NetworkSpec spec, int[] input) => new TestCaseData(spec, input).SetArgDisplayNames(name);
}
