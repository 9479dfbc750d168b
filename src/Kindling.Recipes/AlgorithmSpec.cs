namespace Kindling.Recipes;

/// <summary>How meta-training runs: the meta-learner and its outer loop.</summary>
public sealed class AlgorithmSpec
{
    /// <summary>Meta-learners that <see cref="Type"/> takes.</summary>
    public static IReadOnlyList<string> Types { get; } = ["maml", "fomaml", "reptile"];

    /// <summary><c>maml</c> (second order), <c>fomaml</c> or <c>reptile</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Outer iterations.</summary>
    public required int Iterations { get; init; }

    /// <summary>Tasks per outer iteration.</summary>
    public required int TasksPerBatch { get; init; }

    /// <summary>Outer optimiser, <c>adam</c> or <c>sgd</c>.</summary>
    public string OuterOptimizer { get; init; } = "adam";

    /// <summary>Outer learning rate.</summary>
    public double OuterRate { get; init; } = 1e-3;

    /// <summary>How the outer rate falls: <c>constant</c>, <c>linear</c> or <c>cosine</c> (to 0 at the last iteration).</summary>
    public string Schedule { get; init; } = "constant";

    /// <summary>Norm that the outer gradient is clipped to; 0 does not clip.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Iterations between two validations.</summary>
    public int ValidateEvery { get; init; } = 500;

    /// <summary>Validation episodes; the same ones every time.</summary>
    public int ValidationEpisodes { get; init; } = 100;

    /// <summary>Iterations between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 500;

    internal IEnumerable<string> Faults()
    {
        if (!Types.Contains(Type))
        {
            yield return $"algorithm.type: expected one of {string.Join(", ", Types)}, got '{Type}'";
        }

        foreach (
            (string name, int value) in new[]
            {
                ("iterations", Iterations),
                ("tasksPerBatch", TasksPerBatch),
                ("validateEvery", ValidateEvery),
                ("validationEpisodes", ValidationEpisodes),
                ("checkpointEvery", CheckpointEvery),
            }
        )
        {
            if (value < 1)
            {
                yield return $"algorithm.{name}: expected 1 or more, got {value}";
            }
        }

        if (OuterOptimizer is not ("adam" or "sgd"))
        {
            yield return $"algorithm.outerOptimizer: expected adam or sgd, got '{OuterOptimizer}'";
        }

        if (!(OuterRate > 0) || !double.IsFinite(OuterRate))
        {
            yield return $"algorithm.outerRate: expected a positive number, got {OuterRate}";
        }

        if (Schedule is not ("constant" or "linear" or "cosine"))
        {
            yield return $"algorithm.schedule: expected constant, linear or cosine, got '{Schedule}'";
        }

        if (!(ClipNorm >= 0))
        {
            yield return $"algorithm.clipNorm: expected 0 or more, got {ClipNorm}";
        }
    }
}
