using System.Text.Json.Serialization;

namespace Kindling.Networks;

/// <summary>A network of the catalogue, as a recipe describes it.</summary>
public sealed record NetworkSpec
{
    /// <summary>Kinds that <see cref="Type"/> takes.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. NetworkCatalogue.Rows.Select(row => row.Type)];

    /// <summary>Codes that networks over codes tell apart unless told otherwise: the 256 bytes, each one higher, and 0 for padding.</summary>
    public const int DefaultVocabulary = 257;

    // the largest number of integers that float, which inputs are, holds without a gap
    internal const int MostCodes = 1 << 24;

    /// <summary>One of <see cref="Types"/>.</summary>
    public required string Type { get; init; }

    /// <summary>Units of the hidden layers of <c>mlp</c>.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [40, 40];

    /// <summary>Filters of each of the four layers of <c>conv4</c>, and of each kind of window of <c>text-cnn</c>.</summary>
    public int Filters { get; init; } = 64;

    /// <summary>How <c>conv4</c> halves the image: <c>stride</c> (MAML's Omniglot network) or <c>pool</c> (2x2 maximum).</summary>
    public string Downsample { get; init; } = "stride";

    /// <summary>Mode of the normalisation layers (<c>mlp</c>: none or layer).</summary>
    public Normalization Normalization { get; init; } = Normalization.None;

    /// <summary>Groups of <see cref="Normalization.Group"/>.</summary>
    public int Groups { get; init; } = 8;

    /// <summary>Layers of networks that repeat one. Null, here and below: the network's own value, which <c>docs/networks.md</c> states.</summary>
    public int? Layers { get; init; }

    /// <summary>Units of a layer.</summary>
    public int? Width { get; init; }

    /// <summary>Heads of attention, among which the width is divided.</summary>
    public int? Heads { get; init; }

    /// <summary>Units of the hidden layer behind each attention; 4 times the width unless given.</summary>
    public int? FeedForward { get; init; }

    /// <summary>How attention knows positions: <c>learned</c> vectors, or <c>rotary</c>, queries and keys that turn.</summary>
    public string? Positions { get; init; }

    /// <summary>Filters of each block of networks that widen from block to block.</summary>
    public IReadOnlyList<int>? Widths { get; init; }

    /// <summary>Sizes of a convolution: height and width of <c>dscnn</c>'s first, times of <c>tcn</c>'s, codes in each kind of window of <c>text-cnn</c>.</summary>
    public IReadOnlyList<int>? Kernel { get; init; }

    /// <summary>Whether a network over time sees nothing later.</summary>
    public bool? Causal { get; init; }

    /// <summary>Codes that a network over codes tells apart; inputs are whole numbers below it, and 0 is padding.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>
    /// How the vectors of codes come about: <c>learned</c>, or <c>random</c>: directions stay as they were drawn and only a length of each is learned. The
    /// encoder then learns what each word weighs in its context, and its features are the weighted mean of the words' own vectors, so that words which training
    /// never sees keep theirs; untrained, it is a random projection of the bag of codes.
    /// </summary>
    public string? Embedding { get; init; }

    /// <summary>Width of the vectors of codes, where it is another than <see cref="Width"/>, to which they are then projected.</summary>
    public int? EmbeddingWidth { get; init; }

    /// <summary>
    /// How an encoder makes one vector of those of all positions: their <c>mean</c>, or with <c>attention</c> a mean weighted by a score that it learns.
    /// </summary>
    public string? Pooling { get; init; }

    /// <summary>
    /// Length of a context vector that starts at 0 and that the network reads (CAVIA, Zintgraf et al. 2019): <c>mlp</c> and <c>policy</c> beside their input, <c>conv4</c> as a
    /// scale and a shift of each channel after its third layer. 0: none.
    /// </summary>
    public int Context { get; init; }

    /// <summary>
    /// Whether a linear layer that adaptation leaves as it is stands behind each hidden one, named <c>NAME.warp.weight</c> (WarpGrad, Flennerhag et al.
    /// 2020); <c>mlp</c> and <c>conv4</c>.
    /// </summary>
    public bool Warp { get; init; }

    /// <summary>
    /// Whether a second network reads the same input and multiplies each feature by a number between 0 and 1, before the head sees it (ANML, Beaulieu et al.
    /// 2020): a hidden layer of its own, named <c>gate.hidden</c>, and <c>gate.open</c>; <c>mlp</c> and <c>conv4</c>.
    /// </summary>
    public bool Gate { get; init; }

    /// <summary>What <c>detector</c> makes vectors of a picture with: <c>conv4</c> (the default) or <c>resnet12</c>.</summary>
    public string? Backbone { get; init; }

    /// <summary>The file of <c>onnx</c>, beside the recipe, as <c>kindling import</c> writes it.</summary>
    public string? File { get; init; }

    /// <summary>SHA-256 of <see cref="File"/>, lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Constants of <see cref="File"/> that are parameters; all others stay what they are.</summary>
    public IReadOnlyList<string>? Trainable { get; init; }

    /// <summary>The content of <see cref="File"/>, once it is read.</summary>
    [JsonIgnore]
    public ImportedModel? Imported { get; init; }

    /// <summary>
    /// The last layer: <c>linear</c>, learned weights, or <c>prototypes</c>, made of the means of each class's features (classification), or <c>own</c>: that of
    /// <c>onnx</c>, which gets none on top.
    /// </summary>
    public string Head { get; init; } = "linear";

    /// <summary>Whether the network's inputs are codes below <see cref="Vocabulary"/>.</summary>
    [JsonIgnore]
    public bool ReadsCodes => NetworkCatalogue.Rows.FirstOrDefault(r => r.Type == Type)?.Members.Contains("vocabulary") ?? false;

    /// <summary>All faults of the description; none if it is right.</summary>
    public IEnumerable<string> Faults()
    {
        if (NetworkCatalogue.Rows.FirstOrDefault(r => r.Type == Type) is not { } row)
        {
            yield return $"network.type: expected one of {string.Join(", ", Types)}, got '{Type}'";
        }
        else
        {
            foreach (string fault in row.Faults(this).Concat(Foreign(row)))
            {
                yield return fault;
            }
        }

        if (Head is not ("linear" or "prototypes") && !(Type == "onnx" && Head == "own"))
        {
            yield return $"network.head: expected linear or prototypes{(Type == "onnx" ? " or own" : "")}, got '{Head}'";
        }

        if (Context is < 0 or > 4096)
        {
            yield return $"network.context: expected 0 to 4096, got {Context}";
        }

        if (Downsample is not ("stride" or "pool"))
        {
            yield return $"network.downsample: expected stride or pool, got '{Downsample}'";
        }
    }

    /// <summary>
    /// Whether the network gives scores of codes for each position, [batch, length, vocabulary], so that targets are codes [batch, length], 0 where there is none.
    /// </summary>
    public bool ScoresCodes() => NetworkCatalogue.Rows.Any(row => row.Type == Type && row.IsLanguageModel);

    /// <summary>Whether the network finds objects, so that outputs are [batch, cells, 5 + slots].</summary>
    public bool FindsObjects() => NetworkCatalogue.Rows.Any(row => row.Type == Type && row.IsDetector);

    // What stands in the recipe and would have no effect.
    private IEnumerable<string> Foreign(NetworkRow row)
    {
        (string Name, object? Value)[] members =
        [
            ("layers", Layers),
            ("width", Width),
            ("heads", Heads),
            ("feedForward", FeedForward),
            ("positions", Positions),
            ("vocabulary", Vocabulary),
            ("widths", Widths),
            ("kernel", Kernel),
            ("causal", Causal),
            ("file", File),
            ("sha256", Sha256),
            ("trainable", Trainable),
            ("embedding", Embedding),
            ("embeddingWidth", EmbeddingWidth),
            ("pooling", Pooling),
            ("backbone", Backbone),
        ];
        foreach (string name in members.Where(m => m.Value is not null).Select(m => m.Name).Except(row.Members))
        {
            string known = row.Members.Count == 0 ? "none of these members" : string.Join(", ", row.Members);
            yield return $"network.{name}: {Type} has no {name}; it has {known}";
        }

        if (!row.TakesExtensions && (Warp || Gate || (Context > 0 && !row.TakesContext)))
        {
            yield return $"network: {Type} takes neither {(row.TakesContext ? "" : "context nor ")}warp nor gate";
        }

        if (row.IsLanguageModel && Head == "prototypes")
        {
            yield return $"network.head: {Type} scores codes, not classes, expected linear, got prototypes";
        }

        if (row.IsDetector && Head == "prototypes")
        {
            yield return $"network.head: {Type} scores the cells of a picture, expected linear, got prototypes";
        }
    }
}
