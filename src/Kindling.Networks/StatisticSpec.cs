namespace Kindling.Networks;

/// <summary>A statistic that a network with <see cref="Normalization.Support"/> carries from the support set to prediction.</summary>
/// <param name="Name">Name of the output of the support graph and of the input of the inference graph.</param>
/// <param name="Channels">Number of elements.</param>
/// <param name="Initial">Value before any adaptation: 0 for a mean, 1 for a variance.</param>
public sealed record StatisticSpec(string Name, int Channels, float Initial);
