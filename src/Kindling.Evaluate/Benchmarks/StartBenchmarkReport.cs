namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench start` reports; the members are the JSON contract.</summary>
public sealed class StartBenchmarkReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Processes that the median is of.</summary>
    public required int Runs { get; init; }

    /// <summary>Milliseconds from the start of a process to its first adapted prediction; median over the runs.</summary>
    public required double MillisecondsToFirstPrediction { get; init; }
}
