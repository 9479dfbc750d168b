using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// Transformers over codes (Vaswani et al. 2017), with the normalisation before each sublayer (Xiong et al. 2020) and GELU (Hendrycks and Gimpel 2016):
/// an encoder for classification, mean over the positions that are not padding or a weighted one, and a decoder that gives scores of the next code (Radford et al. 2019), whose
/// last layer is the embedding again (Press and Wolf 2017). Positions are learned vectors, or turn queries and keys (Su et al. 2021).
/// </summary>
/// <remarks>
/// Departures: there is no dropout; keys have no bias, which softmax would cancel; embeddings start at variance 1 and the scores of the tied layer are
/// divided by sqrt(width), where Vaswani et al. start at variance 1 / width and multiply what goes in: the same function. An output of the encoder does not
/// depend on how much padding stands behind; one of the decoder does not depend on anything behind its position.
/// </remarks>
internal static class Transformer
{
    public const string Learned = "learned";
    public const string Rotary = "rotary";
    private const string Random = "random";
    private const string Mean = "mean";
    private const string Weighted = "attention";
    private const int DefaultLayers = 4;
    private const int DefaultWidth = 128;
    private const int DefaultHeads = 4;
    private const float Never = -1e9f;
    private const double RotaryBase = 10000;

    private static readonly string[] Members = ["layers", "width", "heads", "feedForward", "positions", "vocabulary"];

    public static NetworkRow Encoder { get; } =
        new(
            "transformer",
            [.. Members, "embedding", "embeddingWidth", "pooling"],
            EncoderFaults,
            NetworkFaults.CodesOrPieces,
            WriteEncoder
        );

    public static NetworkRow LanguageModel { get; } =
        new("transformer-lm", Members, Faults, NetworkFaults.CodesToCodes, WriteLanguageModel) { IsLanguageModel = true };

    private static int Layers(NetworkSpec spec) => spec.Layers ?? DefaultLayers;

    private static int Width(NetworkSpec spec) => spec.Width ?? DefaultWidth;

    private static int Heads(NetworkSpec spec) => spec.Heads ?? DefaultHeads;

    private static int FeedForward(NetworkSpec spec) => spec.FeedForward ?? 4 * Width(spec);

    private static string Positions(NetworkSpec spec) => spec.Positions ?? Learned;

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        (int width, int heads) = (Width(spec), Heads(spec));
        string[] sizes =
        [
            .. NetworkFaults.Size("layers", Layers(spec), 256),
            .. NetworkFaults.Size("width", width),
            .. NetworkFaults.Size("feedForward", FeedForward(spec), 262144),
            .. NetworkFaults.Size("vocabulary", NetworkBuilder.Vocabulary(spec), NetworkSpec.MostCodes),
            .. NetworkFaults.NoNormalization(spec, "has its own"),
        ];
        foreach (string fault in sizes)
        {
            yield return fault;
        }

        if (heads < 1 || width % heads != 0)
        {
            yield return $"network.heads: expected a divisor of the width {width}, got {heads}";
        }
        else if (Positions(spec) == Rotary && width / heads % 2 != 0)
        {
            yield return $"network.positions: rotary turns pairs, expected an even width per head, got {width / heads}";
        }

        if (Positions(spec) is not (Learned or Rotary))
        {
            yield return $"network.positions: expected {Learned} or {Rotary}, got '{spec.Positions}'";
        }
    }

    private static IEnumerable<string> EncoderFaults(NetworkSpec spec) =>
        [
            .. Faults(spec),
            .. spec.Pooling is null or Mean or Weighted
                ? Array.Empty<string>()
                : [$"network.pooling: expected {Mean} or {Weighted}, got '{spec.Pooling}'"],
            .. NetworkFaults.Size("embeddingWidth", spec.EmbeddingWidth ?? 1),
            .. NetworkBuilder.IsRandom(spec) && spec.Pooling is Mean
                ? ["network.pooling: random vectors are weighted, expected attention, got mean"]
                : Array.Empty<string>(),
            .. spec.Embedding is null or Learned or Random
                ? Array.Empty<string>()
                : [$"network.embedding: expected {Learned} or {Random}, got '{spec.Embedding}'"],
        ];

    private static Graph WriteEncoder(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        int size = spec.EmbeddingWidth ?? Width(spec);
        Value present = n.Present();
        Value unseen = b.Mul(b.Sub(present, 1), -Never);
        Value x = n.Embedded(spec, n.Embedding(spec, size));
        Value inner = spec.EmbeddingWidth is null
            ? x
            : b.Reshape(n.Project(b.Reshape(x, -1, size), Width(spec), "embedding.projection", bias: false), -1, n.Length, Width(spec));
        Value rows = n.LayerNorm(Blocks(n, spec, inner, b.Unsqueeze(unseen, 1, 2)), "norm");
        Value features;
        if (NetworkBuilder.IsRandom(spec))
        {
            // What was learned says only how much each word weighs: the words themselves stay apart, those as well that training did not see. The mean of normal
            // vectors grows with their width; at a length of 3 the distances of unlike texts are such that prototypes can learn.
            features = n.LayerNorm(n.WeightedMean(rows, x, unseen, "pooling"), "features.norm");
            features = b.Mul(features, 3 / Math.Sqrt(size));
        }
        else if (spec.Pooling == Weighted)
        {
            features = n.WeightedMean(rows, b.Reshape(rows, -1, n.Length, Width(spec)), unseen, "pooling");
        }
        else
        {
            features = n.MeanOf(b.Reshape(rows, -1, n.Length, Width(spec)), present);
        }

        return n.Finish(n.Head(spec, features, outputs), features);
    }

    private static Graph WriteLanguageModel(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        int length = n.Length;
        float[] later = [.. Enumerable.Range(0, length * length).Select(i => i % length > i / length ? Never : 0)];
        Value table = n.Embedding(spec, Width(spec));
        Value rows = n.LayerNorm(Blocks(n, spec, n.Read(spec, table), b.Constant(Tensor.Of<float>(later, length, length))), "norm");
        return n.FinishLanguageModel(rows, table);
    }

    // x [batch, length, width] -> [batch * length, width]; unseen is added to the scores [batch, heads, length, length]
    private static Value Blocks(NetworkBuilder n, NetworkSpec spec, Value x, Value unseen)
    {
        GraphBuilder b = n.Builder;
        int width = Width(spec);
        x = Positions(spec) == Learned ? b.Add(x, n.Parameter("position.weight", [n.Length, width], InitialDistribution.Normal, width)) : x;
        Value rows = b.Reshape(x, -1, width);
        for (int i = 1; i <= Layers(spec); i++)
        {
            string name = $"layer{i}";
            Value seen = n.LayerNorm(rows, $"{name}.attention.norm");
            rows = b.Add(rows, Attention(n, spec, seen, unseen, $"{name}.attention"));
            Value hidden = n.Project(n.LayerNorm(rows, $"{name}.feedforward.norm"), FeedForward(spec), $"{name}.feedforward.hidden");
            rows = b.Add(rows, n.Project(n.Gelu(hidden), width, $"{name}.feedforward.output"));
        }

        return rows;
    }

    private static Value Attention(NetworkBuilder n, NetworkSpec spec, Value rows, Value unseen, string name)
    {
        GraphBuilder b = n.Builder;
        (int width, int heads) = (Width(spec), Heads(spec));
        int size = width / heads;
        Value[] parts =
        [
            .. new[] { "query", "key", "value" }.Select(part =>
                b.Transpose(b.Reshape(n.Project(rows, width, $"{name}.{part}", bias: part != "key"), -1, n.Length, heads, size), 0, 2, 1, 3)
            ),
        ];
        if (Positions(spec) == Rotary)
        {
            (parts[0], parts[1]) = (Turned(n, parts[0], size), Turned(n, parts[1], size));
        }

        Value scores = b.MatMul(b.Mul(parts[0], 1 / Math.Sqrt(size)), b.Transpose(parts[1], 0, 1, 3, 2));
        Value mixed = b.MatMul(b.Softmax(b.Add(scores, unseen)), parts[2]);
        return n.Project(b.Reshape(b.Transpose(mixed, 0, 2, 1, 3), -1, width), width, $"{name}.output");
    }

    // Each pair (i, i + size / 2) of a vector at position p turns by p / base^(2 i / size): x cos + (-second half, first half) sin.
    private static Value Turned(NetworkBuilder n, Value x, int size)
    {
        GraphBuilder b = n.Builder;
        int half = size / 2;
        float[] cos = new float[n.Length * size];
        float[] sin = new float[n.Length * size];
        for (int i = 0; i < cos.Length; i++)
        {
            int at = i % size;
            double angle = i / size * Math.Pow(RotaryBase, -2.0 * (at % half) / size);
            cos[i] = (float)Math.Cos(angle);
            sin[i] = (float)Math.Sin(angle) * (at < half ? -1 : 1);
        }

        Value Table(float[] values) => b.Constant(Tensor.Of<float>(values, n.Length, size));
        Value other = b.Gather(x, b.Ints([.. Enumerable.Range(0, size).Select(i => (long)((i + half) % size))]), 3);
        return b.Add(b.Mul(x, Table(cos)), b.Mul(other, Table(sin)));
    }
}
