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
            }
        );
        if (model.Manifest.IsLanguage)
        {
            throw new BundleException(
                $"{source.Bundle}: a report is about labels or values, which a language model does not give; `kindling eval` shows what there is to see."
            );
        }

        if (model.Manifest.IsDetection)
        {
            throw new BundleException(
                $"{source.Bundle}: there is no report of detectors yet; `kindling eval --plot FILE.png` draws what one finds and how precisely."
            );
        }

        EvaluationReport evaluation = Evaluator.Evaluate(source.Bundle, options);
        if (evaluation.Metric == EvaluationReport.ReturnMetric)
        {
            throw new BundleException(
                $"{source.Bundle}: there is no report of policies yet; `kindling eval --plot FILE.png` draws returns and, in a plane, where the policy goes."
            );
        }

        EpisodePlan plan = new(source.Bundle, model.Manifest, options);
        ReportContent said = new(
            source.Subject,
            model.Manifest,
            plan.Recipe,
            evaluation,
            TestOutcomes.Collect(model, plan, options.Episodes),
            source.Training is null ? null : Checkpoint.Read(source.Training, Checkpoint.ThetaFile).State,
            log,
            time.GetUtcNow()
        );
        return new(said, ReportFigures.Draw(said, model, options));
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
