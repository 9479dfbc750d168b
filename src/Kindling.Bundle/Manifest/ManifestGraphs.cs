namespace Kindling.Bundles;

/// <summary>The graphs of a bundle.</summary>
public sealed record ManifestGraphs
{
    /// <summary>Prediction.</summary>
    public required ManifestGraph Infer { get; init; }

    /// <summary>One inner step.</summary>
    public required ManifestGraph Adapt { get; init; }

    /// <summary>
    /// What the network computes before the first parameter that adapts: the input and frozen parameters -> values with a row for each example, which the other
    /// graphs read in place of the input. It runs once for each example. Null where the other graphs read the input.
    /// </summary>
    public ManifestGraph? Backbone { get; init; }

    /// <summary>
    /// What adds the gradient of a part of the examples to a sum, and what updates by the sum: an inner step in the memory of a part. Null, both, where a step
    /// has to see all examples at once.
    /// </summary>
    public ManifestGraph? Accumulate { get; init; }

    /// <summary>See <see cref="Accumulate"/>.</summary>
    public ManifestGraph? Update { get; init; }

    /// <summary>
    /// One inner step of many users at once: the same inputs and outputs, with a first dimension <c>users</c> but for frozen parameters, rates and the
    /// optimiser's step count. Null where the network has no such form.
    /// </summary>
    public ManifestGraph? AdaptMany { get; init; }
}
