using Kindling.Adapt;
using Kindling.Evaluate.Plots;
using Kindling.Tasks;
using ScottPlot;

namespace Kindling.Evaluate.Reports;

/// <summary>The pictures of a report, by the part that shows them.</summary>
internal sealed class ReportFigures
{
    private const int CurveCount = 3;

    /// <summary>Loss and validation by iteration; none where the training's log is not there.</summary>
    public required IReadOnlyList<Figure> Training { get; init; }

    /// <summary>The evaluation beside the baselines.</summary>
    public required Figure Steps { get; init; }

    /// <summary>Test tasks to be looked at: curves before and after adaptation, where policies go in a plane, what detectors find.</summary>
    public required IReadOnlyList<Figure> Examples { get; init; }

    /// <summary>Confusion and calibration; or predicted and true values.</summary>
    public required IReadOnlyList<Figure> Quality { get; init; }

    /// <summary>All of them in order.</summary>
    public IEnumerable<Figure> All => [.. Training, Steps, .. Examples, .. Quality];

    /// <summary>Draws them.</summary>
    public static ReportFigures Draw(ReportContent content, AdaptableModel model, EpisodePlan plan, EvaluationOptions options) =>
        new()
        {
            Training = OfTraining(content),
            Steps = Make(
                "steps",
                "Test tasks by adaptation steps, beside the baselines",
                EvaluationPlot.StepsPanel(content.Evaluation, content.Recipe.Name)
            ),
            Examples = OfExamples(content, model, plan, options),
            Quality = OfQuality(content),
        };

    private static Figure[] OfTraining(ReportContent content) =>
        content.Log.Count == 0
            ? []
            :
            [
                Make("training-loss", "Loss of training tasks by iteration", TrainingPlot.LossPanel(content.Log, content.Recipe.Name)),
                Make(
                    "training-validation",
                    "Validation tasks by iteration, before and after adaptation",
                    TrainingPlot.ValidationPanel(content.Log, content.Recipe.Name, content.Metric)
                ),
            ];

    private static Figure[] OfExamples(ReportContent content, AdaptableModel model, EpisodePlan plan, EvaluationOptions options) =>
        EvaluationPlot.Paths(model, content.Recipe, plan, content.Evaluation) is { } lived
            ?
            [
                Make(
                    "paths",
                    "The first test task: where the policy goes before adaptation and after each step",
                    EvaluationPlot.PathsPanel(lived, content.Recipe.Name)
                ),
            ]
        : content.Manifest.IsDetection
            ?
            [
                new Figure(
                    "found",
                    "The first test tasks, one in a row: a support picture with its objects, then query pictures with what is found after adaptation; white boxes are what there is",
                    DetectionSheet.Draw(model, plan)
                ),
            ]
        : options.Source is null && CurveSample.Fits(content.Manifest, content.Recipe) ? OfCurves(content, model, options)
        : [];

    private static Figure[] OfCurves(ReportContent content, AdaptableModel model, EvaluationOptions options)
    {
        ITaskFamily tasks = TaskFamilies.Create(content.Recipe.Tasks, options.DataRoot);
        int[] steps = [.. new[] { 0, 1, model.Steps }.Distinct()];
        return
        [
            .. Enumerable
                .Range(1, CurveCount)
                .Select(i =>
                {
                    SeededRandom random = new(options.Seed, CurveSample.Stream, (ulong)i);
                    CurveSample sample = CurveSample.Draw(model, content.Recipe, tasks, steps, random);
                    return Make(
                        $"curve-{i}",
                        $"Test curve {i}: its points, and the model before and after adaptation",
                        EvaluationPlot.CurvePanel(sample, content.Recipe.Name)
                    );
                }),
        ];
    }

    private static Figure[] OfQuality(ReportContent content) =>
        content.Fit is { } fit
            ? [Make("predicted-true", "Query examples: predicted by true values", OutcomePlot.FitPanel(fit, content.Recipe.Name))]
        : content.Outcomes is null ? []
        :
        [
            Make(
                "confusion",
                "Query examples by true and predicted class, in percent of each true class",
                OutcomePlot.ConfusionPanel(content.Confusion!, content.Recipe.Name)
            ),
            Make(
                "calibration",
                "Reliability diagram: accuracy by confidence, and how many predictions have it",
                OutcomePlot.CalibrationPanel(content.Calibration!, content.Recipe.Name)
            ),
        ];

    private static Figure Make(string name, string description, Plot plot)
    {
        using Plot panel = plot;
        return new(name, description, Plots.PlotStyle.Png(panel));
    }
}
