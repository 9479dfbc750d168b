using System.Text.Json.Serialization;

namespace Kindling.Networks;

/// <summary>A network of the catalogue, as a recipe describes it.</summary>
public sealed record NetworkSpec
{
    /// <summary>Kinds that <see cref="Type"/> takes.</summary>
    public static IReadOnlyList<string> Types { get; } = ["linear", "mlp", "conv4", "onnx"];

    /// <summary><c>linear</c>, <c>mlp</c>, <c>conv4</c> or <c>onnx</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Units of the hidden layers of <c>mlp</c>.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [40, 40];

    /// <summary>Filters of each of the four layers of <c>conv4</c>.</summary>
    public int Filters { get; init; } = 64;

    /// <summary>How <c>conv4</c> halves the image: <c>stride</c> (MAML's Omniglot network) or <c>pool</c> (2x2 maximum).</summary>
    public string Downsample { get; init; } = "stride";

    /// <summary>Mode of the normalisation layers (<c>mlp</c>: none or layer).</summary>
    public Normalization Normalization { get; init; } = Normalization.None;

    /// <summary>Groups of <see cref="Normalization.Group"/>.</summary>
    public int Groups { get; init; } = 8;

    /// <summary>
    /// Length of a context vector that starts at 0 and that the network reads (CAVIA, Zintgraf et al. 2019): <c>mlp</c> beside its input, <c>conv4</c> as a
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

    /// <summary>All faults of the description; none if it is right.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Types.Contains(Type))
        {
            yield return $"network.type: expected one of {string.Join(", ", Types)}, got '{Type}'";
        }

        if (Type == "mlp" && (Hidden.Count == 0 || Hidden.Any(h => h is < 1 or > 65536)))
        {
            yield return $"network.hidden: expected one or more sizes from 1 to 65536, got [{string.Join(", ", Hidden)}]";
        }

        if (Type == "mlp" && Normalization is not (Normalization.None or Normalization.Layer))
        {
            yield return $"network.normalization: mlp takes none or layer, got {Normalization}";
        }

        if (Type == "linear" && Normalization != Normalization.None)
        {
            yield return $"network.normalization: linear takes none, got {Normalization}";
        }

        if (Head is not ("linear" or "prototypes") && !(Type == "onnx" && Head == "own"))
        {
            yield return $"network.head: expected linear or prototypes{(Type == "onnx" ? " or own" : "")}, got '{Head}'";
        }

        foreach (string fault in ImportedNetwork.Faults(this))
        {
            yield return fault;
        }

        if (Context is < 0 or > 4096)
        {
            yield return $"network.context: expected 0 to 4096, got {Context}";
        }

        if (Type == "linear" && (Context > 0 || Warp || Gate))
        {
            yield return "network: linear takes neither context nor warp nor gate";
        }

        if (Type == "conv4" && Filters is < 1 or > 4096)
        {
            yield return $"network.filters: expected 1 to 4096, got {Filters}";
        }

        if (Downsample is not ("stride" or "pool"))
        {
            yield return $"network.downsample: expected stride or pool, got '{Downsample}'";
        }

        if (Normalization == Normalization.Group && (Groups < 1 || Filters % Groups != 0))
        {
            yield return $"network.groups: expected a divisor of {Filters} filters, got {Groups}";
        }
    }
}
