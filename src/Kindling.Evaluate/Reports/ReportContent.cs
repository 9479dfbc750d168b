using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Reports;

/// <summary>What a page says, but for its pictures.</summary>
/// <param name="Subject">What the page calls the model's place.</param>
/// <param name="Manifest">The bundle's manifest.</param>
/// <param name="Recipe">Its recipe.</param>
/// <param name="Evaluation">Its figures beside the baselines.</param>
/// <param name="Outcomes">What it says about the test tasks.</param>
/// <param name="Training">What the checkpoint says; null where there is none.</param>
/// <param name="Log">The training's log; empty where there is none.</param>
/// <param name="Created">When the report was written.</param>
internal sealed record ReportContent(
    string Subject,
    BundleManifest Manifest,
    Recipe Recipe,
    EvaluationReport Evaluation,
    TestOutcomes Outcomes,
    CheckpointState? Training,
    IReadOnlyList<TrainingMetrics> Log,
    DateTimeOffset Created
)
{
    /// <summary>Classification: which classes are taken for which.</summary>
    public ConfusionMatrix? Confusion { get; } = Manifest.IsClassification ? ConfusionMatrix.Of(Outcomes.Tasks) : null;

    /// <summary>Classification: confidence and accuracy after adaptation.</summary>
    public Calibration? Calibration { get; } = Manifest.IsClassification ? Calibration.Of(Outcomes.Tasks, o => o.After) : null;

    /// <summary>Regression: predicted and true values after adaptation.</summary>
    public TargetFit? Fit { get; } = Manifest.IsClassification ? null : TargetFit.Of(Outcomes.Tasks, o => o.After);

    /// <summary>Which test tasks all figures are of, in words.</summary>
    public string Protocol
    {
        get
        {
            string shape = Manifest.IsClassification
                ? $"{Evaluation.Ways}-way {Evaluation.Shots}-shot, {Evaluation.Queries} queries a class"
                : $"{Evaluation.Shots} support and {Evaluation.Queries} query examples";
            return $"{Evaluation.Episodes} test tasks, {shape}, seed {Evaluation.Seed}, {Evaluation.Steps[^1]} {(Evaluation.Steps[^1] == 1 ? "step" : "steps")}, query examples one at a time, ONNX Runtime";
        }
    }
}
