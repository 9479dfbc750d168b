namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench rollouts` reports; the members are the JSON contract.</summary>
public sealed class RolloutBenchmarkReport
{
    /// <summary>Tasks at a time.</summary>
    public required int Threads { get; init; }

    /// <summary>Episodes of a task, side by side.</summary>
    public required int Episodes { get; init; }

    /// <summary>Runs that the medians are of.</summary>
    public required int Runs { get; init; }

    /// <summary>Seconds of a run.</summary>
    public required double SecondsPerRun { get; init; }

    /// <summary>The families that were measured.</summary>
    public required IReadOnlyList<RolloutBenchmarkFamily> Families { get; init; }
}
