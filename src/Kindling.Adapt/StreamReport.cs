using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>What <see cref="Learner.Observe(SupportSet, CancellationToken)"/> did with the next examples of a stream.</summary>
public sealed class StreamReport
{
    /// <summary>Mean loss of the examples before they were adapted to: how well the learner did on what it had not seen.</summary>
    public required float Loss { get; init; }

    /// <summary>Likewise of the examples before; null for the first ones.</summary>
    public required float? PreviousLoss { get; init; }

    /// <summary>
    /// Whether the loss jumped, so that adaptation began at the start again. The learner stands there only if <see cref="Adaptation"/> was accepted; else it
    /// stays where it was.
    /// </summary>
    public required bool Jumped { get; init; }

    /// <summary>The adaptation to the examples.</summary>
    public required AdaptReport Adaptation { get; init; }
}
