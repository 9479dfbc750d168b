namespace Kindling.Networks;

/// <summary>
/// Small parts that a network gets, which are learned and adapted in place of its own parameters: those stay as they are. The head, and a context vector,
/// go on adapting.
/// </summary>
public sealed record AdapterSpec
{
    /// <summary>What <see cref="Weights"/> takes.</summary>
    public static IReadOnlyList<string> Precisions { get; } = ["float32", "float16", "int8"];

    /// <summary>Kinds that <see cref="Type"/> takes.</summary>
    public static IReadOnlyList<string> Types { get; } = ["lora", "film", "bias", "head"];

    /// <summary>
    /// <c>lora</c>: beside each target a product of two thin matrices (Hu et al. 2022; for convolutions a convolution to <see cref="Rank"/> channels and one of
    /// 1x1 from there). <c>film</c>: a scale and a shift for each channel behind each target (Perez et al. 2018). <c>bias</c>: the biases and shifts that
    /// the network has (Ben Zaken et al. 2022). <c>head</c>: the head alone.
    /// </summary>
    public required string Type { get; init; }

    /// <summary>Rank of <c>lora</c>.</summary>
    public int Rank { get; init; } = 4;

    /// <summary>What the product of <c>lora</c> is multiplied by, times <see cref="Rank"/>; 0: as much as the rank, so by 1.</summary>
    public double Alpha { get; init; }

    /// <summary>
    /// Patterns of names, which select among the weights of products and convolutions but the head's, and for <c>bias</c> among all parameters; empty: all of
    /// those weights, and for <c>bias</c> all biases and shifts.
    /// </summary>
    public string Targets { get; init; } = "";

    /// <summary>
    /// How a bundle holds the matrices and kernels that stay as they are: <c>float32</c>, <c>float16</c>, or <c>int8</c>, whole numbers times one scale for each
    /// index of the first axis. They are rounded before training, so that trainer and app compute with the same.
    /// </summary>
    public string Weights { get; init; } = "float32";

    /// <summary>All faults of the description; none if it is right.</summary>
    public IEnumerable<string> Faults()
    {
        if (!Types.Contains(Type))
        {
            yield return $"adapters.type: expected one of {string.Join(", ", Types)}, got '{Type}'";
        }

        if (Rank is < 1 or > 4096)
        {
            yield return $"adapters.rank: expected 1 to 4096, got {Rank}";
        }

        if (!double.IsFinite(Alpha) || Alpha < 0)
        {
            yield return $"adapters.alpha: expected a number above 0, or 0 for that of the rank, got {Alpha}";
        }

        if (!Precisions.Contains(Weights))
        {
            yield return $"adapters.weights: expected one of {string.Join(", ", Precisions)}, got '{Weights}'";
        }

        if (Type == "head" && Targets.Length > 0)
        {
            yield return $"adapters.targets: head has none, got '{Targets}'";
        }
    }
}
