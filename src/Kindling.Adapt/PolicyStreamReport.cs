using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>What a policy made of the next episodes of its life.</summary>
public sealed class PolicyStreamReport
{
    /// <summary>Mean return of the episodes, which were lived through before the policy adapted to them.</summary>
    public required double Return { get; init; }

    /// <summary>Likewise of the episodes before; null for the first ones, and for the first ones after a fresh start.</summary>
    public required double? PreviousReturn { get; init; }

    /// <summary>Whether the return fell so far that the policy stands at its start again.</summary>
    public required bool StartedAgain { get; init; }

    /// <summary>
    /// The adaptation to the episodes; null where the policy started again, for what another policy lived through says nothing about a gradient of this one.
    /// </summary>
    public required AdaptReport? Adaptation { get; init; }
}
