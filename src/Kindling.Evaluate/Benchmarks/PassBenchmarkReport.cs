namespace Kindling.Evaluate.Benchmarks;

/// <summary>What <see cref="PassBenchmark"/> measured.</summary>
public sealed record PassBenchmarkReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Support examples.</summary>
    public required int Examples { get; init; }

    /// <summary>Blocks, of which the median is taken.</summary>
    public required int Blocks { get; init; }

    /// <summary>Steps of a block.</summary>
    public required int StepsPerBlock { get; init; }

    /// <summary>The graph before the passes, and after each.</summary>
    public required IReadOnlyList<PassBenchmarkStage> Stages { get; init; }
}
