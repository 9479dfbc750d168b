namespace Kindling.Bundles;

/// <summary>Names of what a bundle brings for ONNX Runtime Training: files of the folder <c>training/</c>.</summary>
public static class TrainingFolder
{
    /// <summary>The folder within the bundle.</summary>
    public const string Name = "training";

    /// <summary>The training model.</summary>
    public const string TrainingModel = "training_model.onnx";

    /// <summary>The evaluation model.</summary>
    public const string EvaluationModel = "eval_model.onnx";

    /// <summary>The optimiser model.</summary>
    public const string OptimizerModel = "optimizer_model.onnx";

    /// <summary>The checkpoint with the meta-initialisation.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The checkpoint without numbers.</summary>
    public const string NominalCheckpoint = "nominal_checkpoint";
}
