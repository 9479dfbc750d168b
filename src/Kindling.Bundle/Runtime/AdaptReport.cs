namespace Kindling.Bundles;

/// <summary>What an adaptation did.</summary>
public sealed class AdaptReport
{
    /// <summary>Whether the learner took the result over.</summary>
    public required bool Accepted { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Inner steps that were run.</summary>
    public required int Steps { get; init; }

    /// <summary>The step whose result was taken over: the last one or, with a validation set, the best; 0 when nothing was.</summary>
    public required int TakenStep { get; init; }

    /// <summary>
    /// Mean loss of the fitted examples before the first step and after each one: <c>Steps + 1</c> values; fewer when the time budget ended the last step.
    /// </summary>
    public required IReadOnlyList<float> Losses { get; init; }

    /// <summary>The validation set's metric at the same points; null without one.</summary>
    public required IReadOnlyList<float>? Validation { get; init; }

    /// <summary>Duplicates, contradictions and outliers among the examples.</summary>
    public required IReadOnlyList<SupportFinding> Findings { get; init; }

    /// <summary>Time of the whole adaptation.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Loss before the first step; NaN where the time budget ended before it was known.</summary>
    public float LossBefore => Losses.Count > 0 ? Losses[0] : float.NaN;

    /// <summary>Loss after the last step.</summary>
    public float LossAfter => Losses.Count > 0 ? Losses[^1] : float.NaN;
}
