namespace Kindling.Evaluate.Sweeps;

/// <summary>A finished training of a sweep: a line of <c>results.jsonl</c>.</summary>
public sealed record SweepRow
{
    /// <summary>Name of the setting.</summary>
    public required string Setting { get; init; }

    /// <summary>SHA-256 of the recipe as it was run, the data, the split and the number of episodes.</summary>
    public required string Key { get; init; }

    /// <summary>The recipe's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The iteration whose weights were evaluated: the best on validation tasks.</summary>
    public required int Iteration { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double Seconds { get; init; }

    /// <summary>Whether the training diverged, so that there is nothing to measure.</summary>
    public bool Diverged { get; init; }

    /// <summary>Mean metric over the episodes before adaptation and after each step.</summary>
    public required IReadOnlyList<double> Metric { get; init; }
}
