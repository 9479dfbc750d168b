using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>What one asks a model for one prepared input.</summary>
internal static class OnePrediction
{
    /// <summary>The way to ask a learner: for objects, or for a label or values.</summary>
    /// <returns>What predicts.</returns>
    public static Action<Learner, FloatTensor> Of(BundleManifest manifest) =>
        manifest.IsDetection ? (learner, input) => _ = learner.Detect(input) : (learner, input) => _ = learner.Predict(input);
}
