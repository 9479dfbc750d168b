using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Reports;

/// <summary>What a page says, but for its pictures.</summary>
/// <param name="Subject">What the page calls the model's place.</param>
/// <param name="Manifest">The bundle's manifest.</param>
/// <param name="Recipe">Its recipe.</param>
/// <param name="Evaluation">Its figures beside the baselines.</param>
/// <param name="Outcomes">What it says about the test tasks; null where it gives no labels or values: policies, language models, detectors.</param>
/// <param name="Training">What the checkpoint says; null where there is none.</param>
/// <param name="Beside">Languages that are measured beside the test and are not in its means.</param>
/// <param name="Log">The training's log; empty where there is none.</param>
/// <param name="Created">When the report was written.</param>
internal sealed record ReportContent(
    string Subject,
    BundleManifest Manifest,
    Recipe Recipe,
    EvaluationReport Evaluation,
    TestOutcomes? Outcomes,
    CheckpointState? Training,
    int Beside,
    IReadOnlyList<TrainingMetrics> Log,
    DateTimeOffset Created
)
{
    /// <summary>How the evaluation's metric is read.</summary>
    public MetricWords Metric { get; } = MetricWords.Of(Evaluation.Metric);

    /// <summary>Classification: which classes are taken for which.</summary>
    public ConfusionMatrix? Confusion { get; } = Manifest.IsClassification ? ConfusionMatrix.Of(Outcomes!.Tasks) : null;

    /// <summary>Classification: confidence and accuracy after adaptation.</summary>
    public Calibration? Calibration { get; } = Manifest.IsClassification ? Calibration.Of(Outcomes!.Tasks, o => o.After) : null;

    /// <summary>Regression: predicted and true values after adaptation.</summary>
    public TargetFit? Fit { get; } = Outcomes is null || Manifest.IsClassification ? null : TargetFit.Of(Outcomes.Tasks, o => o.After);

    /// <summary>Which test tasks all figures are of, in words.</summary>
    public string Protocol
    {
        get
        {
            EvaluationReport e = Evaluation;
            string steps = e.Steps[^1] == 1 ? "1 step" : $"{e.Steps[^1]} steps";
            return e.Metric switch
            {
                EvaluationReport.ReturnMetric =>
                    $"{e.Episodes} test tasks, {e.Shots} new episodes for each step and {e.Queries} to judge by, seed {e.Seed}, {steps}, ONNX Runtime",
                "bitsPerByte" =>
                    $"{e.Episodes} test languages, {e.Shots} windows to learn from and {e.Queries} to predict, {steps}, ONNX Runtime",
                Figures.DetectionMetric =>
                    $"{e.Episodes} test tasks of {e.Ways} classes, {e.Shots} support and {e.Queries} query pictures, seed {e.Seed}, {steps}, ONNX Runtime",
                "accuracy" =>
                    $"{e.Episodes} test tasks, {e.Ways}-way {e.Shots}-shot, {e.Queries} queries a class, seed {e.Seed}, {steps}, query examples one at a time, ONNX Runtime",
                _ =>
                    $"{e.Episodes} test tasks, {e.Shots} support and {e.Queries} query examples, seed {e.Seed}, {steps}, query examples one at a time, ONNX Runtime",
            };
        }
    }
}
