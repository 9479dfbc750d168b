using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>Where a learner starts instead of the bundle's meta-initialisation: for baselines and experiments.</summary>
public sealed class LearnerStart
{
    /// <summary>Parameters by name; those that are missing are the bundle's. Shapes are the manifest's.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Parameters { get; init; } = new Dictionary<string, FloatTensor>();

    /// <summary>One rate for all adapted parameters and steps; null keeps the bundle's rates.</summary>
    public float? Rate { get; init; }
}
