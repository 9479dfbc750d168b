namespace Kindling.Networks;

/// <summary>One parameter of a network and how it starts.</summary>
/// <param name="Name">Name of the graph's input.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Initial">Distribution that it is drawn from.</param>
/// <param name="FanIn">Inputs that one output sums over; the scale of the distribution follows from it.</param>
/// <param name="IsHead">Whether it belongs to the last, task-specific layer.</param>
public sealed record ParameterSpec(string Name, IReadOnlyList<int> Shape, InitialDistribution Initial, int FanIn, bool IsHead)
{
    /// <summary>Whether every task starts from its initial value: adaptation may move it, the outer loop does not.</summary>
    public bool IsFixed { get; init; }

    /// <summary>The values that it starts from where <see cref="Initial"/> is <see cref="InitialDistribution.Given"/>.</summary>
    public ReadOnlyMemory<float> Start { get; init; }

    /// <summary>Number of elements.</summary>
    public int Count => Shape.Aggregate(1, (a, b) => a * b);
}
