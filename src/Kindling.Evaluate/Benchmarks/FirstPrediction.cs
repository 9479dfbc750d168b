using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>What an app does between its start and its first adapted prediction; a process of its own runs it for <see cref="StartBenchmark"/>.</summary>
public static class FirstPrediction
{
    /// <summary>The line that a process writes to its standard output once it has predicted.</summary>
    public const string Done = "predicted";

    /// <summary>Opens a bundle, adapts it with its own number of steps and predicts for one input.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="episode">A file with support set and query input, as <see cref="StartBenchmark"/> writes it.</param>
    /// <returns>The prediction; null of a detector, which finds objects.</returns>
    public static Prediction? Run(string bundle, string episode)
    {
        using AdaptableModel model = AdaptableModel.Open(bundle, new AdaptOptions { RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        IReadOnlyDictionary<string, FloatTensor> tensors = SafetensorsFile.Read(episode).Tensors;
        AdaptReport report = learner.Adapt(BundleEpisodes.Support(model.Manifest, tensors["support.x"], tensors["support.y"]));
        if (!report.Accepted)
        {
            throw new BundleException($"{bundle}: {report.Reason}");
        }

        if (model.Manifest.IsDetection)
        {
            _ = learner.Detect(tensors["query"]);
            return null;
        }

        return learner.Predict(tensors["query"]);
    }
}
