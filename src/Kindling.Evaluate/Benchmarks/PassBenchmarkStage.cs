namespace Kindling.Evaluate.Benchmarks;

/// <summary>An adapt graph after one pass.</summary>
public sealed record PassBenchmarkStage
{
    /// <summary>The pass that came last; empty before the first.</summary>
    public required string Pass { get; init; }

    /// <summary>Nodes of the graph.</summary>
    public required int Nodes { get; init; }

    /// <summary>Most bytes that values between inputs and outputs hold at one time; null where that cannot be told.</summary>
    public required long? PlannedBytes { get; init; }

    /// <summary>Time of a step, inputs and outputs included.</summary>
    public required double MillisecondsPerStep { get; init; }
}
