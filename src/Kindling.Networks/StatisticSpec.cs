namespace Kindling.Networks;

/// <summary>What a network carries from the support set to prediction: statistics of a normalisation, or prototypes of classes.</summary>
/// <param name="Name">Name of the output of the support graph and of the input of the inference graph.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Initial">Value before any adaptation: 0 for a mean, 1 for a variance.</param>
/// <param name="FromLabels">Whether labels are needed for it, so that no batch without labels has one of its own.</param>
public sealed record StatisticSpec(string Name, IReadOnlyList<int> Shape, float Initial, bool FromLabels = false)
{
    /// <summary>Number of elements.</summary>
    public int Count => Shape.Aggregate(1, (a, b) => a * b);
}
