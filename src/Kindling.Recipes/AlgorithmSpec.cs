namespace Kindling.Recipes;

/// <summary>How meta-training runs: the meta-learner and its outer loop.</summary>
public sealed record AlgorithmSpec
{
    /// <summary>The <see cref="MultiStep"/> of a recipe that names none.</summary>
    public const double DefaultMultiStep = 0.1;

    /// <summary>The <see cref="ConjugateSteps"/> of a recipe that names none.</summary>
    public const int DefaultConjugateSteps = 5;

    /// <summary>Meta-learners that <see cref="Type"/> takes.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. AlgorithmRows.All.Select(row => row.Type)];

    /// <summary>The meta-learner, a <see cref="AlgorithmRow.Type"/>.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// What computes the meta-gradient: <c>torch</c> (libtorch, operation by operation) or <c>graph</c> (ONNX Runtime, the whole as one graph). They
    /// agree to rounding, not bit for bit.
    /// </summary>
    public string Engine { get; init; } = "torch";

    /// <summary>Outer iterations.</summary>
    public required int Iterations { get; init; }

    /// <summary>Tasks per outer iteration.</summary>
    public required int TasksPerBatch { get; init; }

    /// <summary>
    /// Outer optimiser: <c>adam</c>, <c>sgd</c>, or <c>rates</c>, where inner rates are <c>elementwise</c>: SGD moves the rates at the outer rate, but not below 0, and
    /// then each element of an adapted parameter at its own; what does not adapt moves at the outer rate (La-MAML, Gupta et al. 2020).
    /// </summary>
    public string OuterOptimizer { get; init; } = "adam";

    /// <summary>Outer learning rate.</summary>
    public double OuterRate { get; init; } = 1e-3;

    /// <summary>How the outer rate falls: <c>constant</c>, <c>linear</c> or <c>cosine</c> (to 0 at the last iteration).</summary>
    public string Schedule { get; init; } = "constant";

    /// <summary>
    /// <c>mamlpp</c>: the share of the iterations over which the losses after all steps give way to the last one's.
    /// </summary>
    public double MultiStep { get; init; } = DefaultMultiStep;

    /// <summary><c>mamlpp</c>: the share of the iterations, from the first, that hold the inner gradients constant.</summary>
    public double FirstOrder { get; init; }

    /// <summary>
    /// Of those that go through the inner steps: how many of them, the last ones, are gone through exactly; those before count with constant gradients (truncated,
    /// as in Shaban et al. 2019, but first order instead of nothing), so that memory grows with these alone. 0: all.
    /// </summary>
    public int ExactSteps { get; init; }

    /// <summary>
    /// Of those that go through the inner steps: whether the steps are computed again on the way back, the last one first, instead of being kept (gradient
    /// checkpointing). The gradient is the exact one, to rounding; memory is that of one update, and what each starts from.
    /// </summary>
    public bool Recompute { get; init; }

    /// <summary><c>imaml</c>: steps of conjugate gradients.</summary>
    public int ConjugateSteps { get; init; } = DefaultConjugateSteps;

    /// <summary>Norm that the outer gradient is clipped to; 0 does not clip.</summary>
    public double ClipNorm { get; init; }

    /// <summary>
    /// Of policies: how far the probability of an action may move from what it was when it was taken, as a share, in the outer loop's loss (proximal policy optimisation, Schulman et
    /// al. 2017, with 0.2); 0: the plain policy gradient.
    /// </summary>
    public double ClipRatio { get; init; }

    /// <summary>Of policies with a <see cref="ClipRatio"/>: steps of the outer loop on the same episodes; an iteration all the same.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>Iterations between two validations.</summary>
    public int ValidateEvery { get; init; } = 500;

    /// <summary>Validation episodes; the same ones every time.</summary>
    public int ValidationEpisodes { get; init; } = 100;

    /// <summary>Validations in a row without a better one after which meta-training stops; 0 trains to the last iteration.</summary>
    public int Patience { get; init; }

    /// <summary>How many of the last validated parameters are averaged; the mean is validated and kept. 1 takes the last ones as they are.</summary>
    public int Average { get; init; } = 1;

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
                ("conjugateSteps", ConjugateSteps),
                ("average", Average),
                ("passes", Passes),
            }
        )
        {
            if (value < 1)
            {
                yield return $"algorithm.{name}: expected 1 or more, got {value}";
            }
        }

        foreach ((string name, int value) in new[] { ("patience", Patience), ("exactSteps", ExactSteps) })
        {
            if (value < 0)
            {
                yield return $"algorithm.{name}: expected 0 or more, got {value}";
            }
        }

        foreach ((string name, double value) in new[] { ("multiStep", MultiStep), ("firstOrder", FirstOrder) })
        {
            if (value is not (>= 0 and <= 1))
            {
                yield return $"algorithm.{name}: expected a share from 0 to 1, got {value}";
            }
        }

        if (Engine is not ("torch" or "graph"))
        {
            yield return $"algorithm.engine: expected torch or graph, got '{Engine}'";
        }

        if (OuterOptimizer is not ("adam" or "sgd" or "rates"))
        {
            yield return $"algorithm.outerOptimizer: expected adam, sgd or rates, got '{OuterOptimizer}'";
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

        if (ClipRatio is not (>= 0 and < 1))
        {
            yield return $"algorithm.clipRatio: expected 0 or a share below 1, got {ClipRatio}";
        }

        if (Passes > 1 && ClipRatio == 0)
        {
            yield return $"algorithm.passes: expected 1 where algorithm.clipRatio is 0, since the plain policy gradient holds for one step, got {Passes}";
        }
    }
}
