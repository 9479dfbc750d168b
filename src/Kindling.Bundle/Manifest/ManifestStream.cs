namespace Kindling.Bundles;

/// <summary>What a learner does on a stream of examples beyond adapting to one after the other.</summary>
public sealed record ManifestStream
{
    /// <summary>
    /// By how much the loss of the next examples has to be above that of the ones before, for the learner to start again; of a policy by how much the mean return of the
    /// next episodes has to be below.
    /// </summary>
    public required double Jump { get; init; }
}
