namespace Kindling.Evaluate.Benchmarks;

/// <summary>How fast a family of worlds is lived through.</summary>
public sealed class RolloutBenchmarkFamily
{
    /// <summary>The type as recipes name it.</summary>
    public required string Family { get; init; }

    /// <summary>Steps of worlds a second, over all episodes and threads, with actions that no network gives.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>The same with a policy of two layers of 100 units in ONNX Runtime.</summary>
    public required double StepsPerSecondWithPolicy { get; init; }
}
