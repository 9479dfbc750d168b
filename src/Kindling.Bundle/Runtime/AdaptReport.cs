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

    /// <summary>Mean loss of the support set before the first step and after each one: <c>Steps + 1</c> values.</summary>
    public required IReadOnlyList<float> Losses { get; init; }

    /// <summary>Time of the whole adaptation.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Loss before the first step.</summary>
    public float LossBefore => Losses[0];

    /// <summary>Loss after the last step.</summary>
    public float LossAfter => Losses[^1];
}
