namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench all` writes; the members are the JSON contract.</summary>
public sealed class BenchmarkSuiteReport
{
    /// <summary>Adaptation of every bundle.</summary>
    public required IReadOnlyList<AdaptBenchmarkReport> Adapt { get; init; }

    /// <summary>Start of every bundle.</summary>
    public required IReadOnlyList<StartBenchmarkReport> Start { get; init; }

    /// <summary>Training of every recipe whose data are there.</summary>
    public required IReadOnlyList<TrainBenchmarkReport> Train { get; init; }

    /// <summary>Recipes that were left out, and why.</summary>
    public required IReadOnlyDictionary<string, string> Skipped { get; init; }
}
