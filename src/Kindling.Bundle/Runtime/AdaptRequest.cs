namespace Kindling.Bundles;

/// <summary>One adaptation: its examples, what judges the result, and its limits. Immutable.</summary>
/// <remarks>
/// Without a validation set the support set judges: the result is what the last step left, exactly the trainer's inner loop. With one, every step is
/// judged, the best one is kept, and it counts only if it beats the learner as it was.
/// </remarks>
public sealed class AdaptRequest
{
    /// <summary>Most of <see cref="HoldOut"/>.</summary>
    public const double MaximumHoldOut = 0.5;

    /// <summary>Most of <see cref="Steps"/>.</summary>
    public const int MaximumSteps = 1_000_000;

    /// <summary>The examples to fit.</summary>
    public required SupportSet Support { get; init; }

    /// <summary>
    /// Begins at the bundle's meta-initialisation without classes instead of at the learner's present state, as after <see cref="ILearner.Reset"/>; the
    /// result still has to beat the present state on the validation set (which that should not have been fitted to, or it looks better than it is). For a learner that gets more examples over time: give all of them each time (see
    /// <see cref="ReplayMemory"/>). Without a validation set the loss has to fall from the beginning.
    /// </summary>
    public bool FromStart { get; init; }

    /// <summary>Examples that judge and are not fitted; their classes are among the support set's or the learner's. Null: see <see cref="HoldOut"/>.</summary>
    public SupportSet? Validation { get; init; }

    /// <summary>
    /// Share of the support set, 0 to 0.5, that is held out as validation set: of every class (regression: of all examples) that share, rounded up, spread
    /// evenly over their order; the last example of a class is never taken. 0, the default, holds out none.
    /// </summary>
    public double HoldOut { get; init; }

    /// <summary>What the validation set is judged by.</summary>
    public AdaptMetric Metric { get; init; } = AdaptMetric.Loss;

    /// <summary>Most inner steps; null takes the model's.</summary>
    public int? Steps { get; init; }

    /// <summary>Stops after so many steps without a better validation metric; null, the default, runs all steps.</summary>
    public int? Patience { get; init; }

    /// <summary>Time for the whole adaptation; when it is used up, the learner stays as it was. Null: no limit.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>
    /// Bytes for the adaptation, beside the model and the examples; one that would take more (see <see cref="BundleManifest.AdaptationBytes"/>) does not begin,
    /// and the report says how many examples would fit, or which <see cref="MicroBatch"/> would do. Null: no limit.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>
    /// Examples that are computed at one time, for less memory: gradients are summed before each update, with the same result to rounding. Refused where a step
    /// has to see all examples at once: networks that normalise by statistics of the examples, heads of prototypes, learned losses, and rules that take
    /// examples in parts already. Null: all of them.
    /// </summary>
    public int? MicroBatch { get; init; }

    /// <summary>
    /// A file for an adaptation that may be interrupted: when it is cancelled or its time is used up, it leaves its state there, and the same request to the
    /// same learner goes on from it, in another process too, with the result of one that was never interrupted. An adaptation that comes to its end, accepted
    /// or not, removes the file. Null: an interrupted adaptation is lost.
    /// </summary>
    public string? PauseFile { get; init; }

    /// <summary>All faults at once; empty when the request is valid by itself.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Support is null)
        {
            faults.Add("Support: must not be null.");
        }

        if (HoldOut is not (>= 0 and <= MaximumHoldOut))
        {
            faults.Add($"HoldOut: expected 0 to {MaximumHoldOut}, got {HoldOut}.");
        }

        if (HoldOut > 0 && Validation is not null)
        {
            faults.Add("HoldOut: must be 0 where Validation is given.");
        }

        if (!Enum.IsDefined(Metric))
        {
            faults.Add($"Metric: expected one of {string.Join(", ", Enum.GetNames<AdaptMetric>())}; got {Metric}.");
        }

        if (Steps is < 1 or > MaximumSteps)
        {
            faults.Add($"Steps: expected null or 1 to {MaximumSteps}, got {Steps}.");
        }

        if (Patience < 1)
        {
            faults.Add($"Patience: expected null or at least 1, got {Patience}.");
        }

        if (Validation is null && !(HoldOut > 0) && (Patience is not null || Metric != AdaptMetric.Loss))
        {
            faults.Add("Patience, Metric: they judge a validation set; give Validation or HoldOut.");
        }

        if (PauseFile is { Length: 0 })
        {
            faults.Add("PauseFile: must not be empty.");
        }

        if (TimeBudget is { } budget && (budget <= TimeSpan.Zero || budget.TotalMilliseconds > int.MaxValue))
        {
            faults.Add($"TimeBudget: expected null or more than 0 and at most {int.MaxValue} ms, got {budget}.");
        }

        if (MicroBatch < 1)
        {
            faults.Add($"MicroBatch: expected null or at least 1, got {MicroBatch}.");
        }

        if (MemoryBudget <= 0)
        {
            faults.Add($"MemoryBudget: expected null or at least 1 byte, got {MemoryBudget}.");
        }

        return faults;
    }
}
