namespace Kindling.Networks;

/// <summary>Where the statistics of a normalisation come from; part of a network's definition, because an app classifies one input at a time.</summary>
public enum Normalization
{
    /// <summary>No normalisation.</summary>
    None,

    /// <summary>Statistics of the batch at hand, at adaptation and at prediction: transductive, worthless for single inputs.</summary>
    Batch,

    /// <summary>Statistics of the support set under the final parameters, carried as part of the adapted state.</summary>
    Support,

    /// <summary>Statistics of groups of channels within one example.</summary>
    Group,

    /// <summary>Statistics of all channels within one example.</summary>
    Layer,
}
