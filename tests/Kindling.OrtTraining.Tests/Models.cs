namespace Kindling.OrtTraining.Tests;

/// <summary>Opens models on the engine of this build: one that stands in or, with the property OrtTraining, ONNX Runtime Training itself.</summary>
internal static class Models
{
    public static OrtTrainingModel Open(string path, OrtTrainingOptions? options = null) =>
#if ORT_TRAINING
        OrtTrainingModel.Open(path, options);
#else
        StandIn(path, options, []);
#endif

    /// <summary>Opens a model on the engine that stands in, and notes each that it opens.</summary>
    public static OrtTrainingModel StandIn(string path, OrtTrainingOptions? options, List<ArtifactEngine> engines) =>
        OrtTrainingModel.Open(
            path,
            options ?? new OrtTrainingOptions(),
            (artifacts, manifest) =>
            {
                engines.Add(new ArtifactEngine(artifacts, manifest));
                return engines[^1];
            }
        );
}
