namespace Kindling.Bundles;

/// <summary>The inner rule; its numbers are constants of the adapt graph and stand here for information.</summary>
public sealed record ManifestInnerRule
{
    /// <summary><c>sgd</c>, <c>momentum</c>, <c>adam</c> or <c>adamw</c>.</summary>
    public required string Optimizer { get; init; }

    /// <summary>Steps of one adaptation.</summary>
    public required int Steps { get; init; }

    /// <summary>Momentum.</summary>
    public double? Momentum { get; init; }

    /// <summary>Decay of Adam's first moment.</summary>
    public double? Beta1 { get; init; }

    /// <summary>Decay of Adam's second moment.</summary>
    public double? Beta2 { get; init; }

    /// <summary>Adam's epsilon.</summary>
    public double? Epsilon { get; init; }

    /// <summary>Weight decay.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>How strongly each step pulls back to where adaptation started.</summary>
    public double? Proximal { get; init; }

    /// <summary>The norm that gradients are scaled down to; 0 where they are not.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>What belongs to streams of examples; null where the rule says nothing of them.</summary>
    public ManifestStream? Stream { get; init; }

    /// <summary>
    /// Examples that one update reads: a step takes all of them in parts of this size, in order, the last one as large as what is left. Null where one update
    /// reads all.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// What adaptation descends, as the recipe names it; null where that is the loss of the predictions (cross-entropy, mean squared error). <c>learned</c> and
    /// <c>entropy</c> read no labels: examples come with some all the same, and any will do.
    /// </summary>
    public string? Loss { get; init; }

    /// <summary>Examples that the loss of adaptation reads, in order: exactly so many have to come; null where any number may.</summary>
    public int? Examples { get; init; }
}
