using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>One task: what is learned from (support) and what it is judged by (query).</summary>
/// <remarks>
/// Items are ordered class by class: class 0's examples, then class 1's. The tensors are new for every episode and belong
/// to the caller.
/// </remarks>
public sealed class Episode
{
    /// <summary><c>[ways * shots, ...input]</c>.</summary>
    public required FloatTensor SupportX { get; init; }

    /// <summary>Classification: class numbers <c>[ways * shots]</c>; regression: targets <c>[shots, outputs]</c>; detection: those of <see cref="DetectionGrid"/>, a row for each picture.</summary>
    public required FloatTensor SupportY { get; init; }

    /// <summary><c>[ways * queries, ...input]</c>.</summary>
    public required FloatTensor QueryX { get; init; }

    /// <summary>Classification: class numbers <c>[ways * queries]</c>; regression: targets <c>[queries, outputs]</c>.</summary>
    public required FloatTensor QueryY { get; init; }

    /// <summary>The names of classes 0, 1, ...; empty for regression.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>The texts that the support inputs were prepared from; null where they are no texts.</summary>
    public IReadOnlyList<string>? SupportTexts { get; init; }

    /// <summary>Likewise for the query inputs.</summary>
    public IReadOnlyList<string>? QueryTexts { get; init; }
}
