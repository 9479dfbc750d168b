using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Reports;

/// <summary>All that can be said about a trained model, as one page that needs nothing else, and as pictures.</summary>
public sealed class ModelReport
{
    private readonly ReportContent content;
    private readonly ReportFigures figures;

    private ModelReport(ReportContent content, ReportFigures figures)
    {
        this.content = content;
        this.figures = figures;
    }

    /// <summary>Evaluates a bundle and draws what came out.</summary>
    /// <param name="source">What it is about.</param>
    /// <param name="options">Which test tasks; examples, confusion and calibration are of the same ones, always by ONNX Runtime.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    /// <exception cref="BundleException">The bundle or its data cannot be evaluated, or the training's files are damaged.</exception>
    public static ModelReport Create(ReportSource source, EvaluationOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        OptionFaults.Refuse(options.Validate(), nameof(options));
        IReadOnlyList<TrainingMetrics> log = source.Training is { } folder ? TrainingLog.Read(folder) : [];
        using AdaptableModel model = AdaptableModel.Open(
            source.Bundle,
            new AdaptOptions
            {
                Steps = options.Steps,
                Provider = options.Provider,
                Device = options.Device,
                // pictures show what the figures beside them are of, steps that raise their loss among them
                RequireImprovement = false,
            }
        );
        EvaluationReport evaluation = Evaluator.Evaluate(source.Bundle, options);
        EpisodePlan plan = new(source.Bundle, model.Manifest, options);
        bool asks = evaluation.Metric is "accuracy" or "mse";
        ReportContent said = new(
            source.Subject,
            model.Manifest,
            plan.Recipe,
            evaluation,
            asks ? TestOutcomes.Collect(model, plan, plan.Episodes) : null,
            source.Training is null ? null : Checkpoint.Read(source.Training, Checkpoint.ThetaFile).State,
            plan.Beside,
            log,
            time.GetUtcNow()
        );
        return new(said, ReportFigures.Draw(said, model, plan, options));
    }

    /// <summary>Writes the page, atomically.</summary>
    public void Write(string path) =>
        AtomicFile.Write(path, System.Text.Encoding.UTF8.GetBytes(Html.ToText(new ReportPage(content, figures).Write())));

    /// <summary>Writes the plots as PNG files, each atomically.</summary>
    /// <returns>Their paths.</returns>
    public IReadOnlyList<string> WritePlots(string folder) =>
        [
            .. figures.All.Select(figure =>
            {
                string path = Path.Combine(folder, $"{figure.Name}.png");
                AtomicFile.Write(path, figure.Png);
                return path;
            }),
        ];
}
