using System.Diagnostics;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Baselines;
using Kindling.Evaluate.Control;
using Kindling.Evaluate.Engines;
using Kindling.Evaluate.Languages;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Evaluate;

/// <summary>Adapts a bundle to test episodes and measures it after every step, beside the baselines.</summary>
public static class Evaluator
{
    /// <summary>Evaluates a bundle.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="options">What on and with what.</param>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    /// <exception cref="BundleException">The bundle is damaged or has no recipe, or the data are missing or do not fit it.</exception>
    public static EvaluationReport Evaluate(string path, EvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionFaults.Refuse(options.Validate(), nameof(options));
        bool lives = BundleRecipe.IsControl(path);
        using AdaptableModel model = AdaptableModel.Open(
            path,
            new AdaptOptions
            {
                Steps = options.Steps,
                Provider = options.Provider,
                Device = options.Device,
                // the figures are of the rule, steps that raise their loss among them
                RequireImprovement = false,
            }
        );
        if (lives)
        {
            return ReturnEvaluator.Evaluate(path, model, BundleRecipe.Of(model.Manifest, path), options);
        }

        EpisodePlan plan = new(path, model.Manifest, options);
        BaselineSet baselines = BaselineSet.Prepare(
            model,
            options.Joint is { } joint ? SafetensorsFile.Parse(File.ReadAllBytes(joint), joint) : Tensors(path, Checkpoint.BaselinesFile),
            plan,
            options.Seed
        );
        using IEvaluationEngine engine =
            options.Engine == EvaluationOptions.TorchEngine
                ? new TrainerEngine(model.Manifest, Tensors(path, BundleManifest.ThetaFileName)!, plan)
                : new RuntimeEngine(model);

        int all = plan.Episodes + plan.Beside;
        double[][] transductive = new double[all][];
        double[][] inductive = new double[all][];
        double[][][] others = [.. baselines.Baselines.Select(_ => new double[all][])];
        OutsideMeasure outside = new(model, plan);
        ActingMeasure acting = new(model, plan);
        TimeSpan elapsed = TimeSpan.Zero;
        for (int e = 0; e < all; e++)
        {
            Episode episode = plan.Test(e);
            (transductive[e], inductive[e]) = engine.Measure(episode);
            for (int b = 0; b < others.Length; b++)
            {
                others[b][e] = baselines.Baselines[b].Measure(episode);
            }

            outside.Add(e, episode);
            acting.Add(e, episode);
            long start = Stopwatch.GetTimestamp();
            engine.Adapt(episode);
            elapsed += Stopwatch.GetElapsedTime(start);
        }

        return new EvaluationReport
        {
            Bundle = path,
            Engine = options.Engine,
            Metric = Figures.Metric(model.Manifest),
            Episodes = plan.Episodes,
            Ways = model.Manifest.IsDetection ? model.Manifest.Output.Count : plan.Shape.Ways,
            Shots = plan.Shape.Shots,
            Queries = plan.Shape.Queries,
            Seed = options.Seed,
            Steps = [.. Enumerable.Range(0, plan.Steps + 1)],
            Transductive = MetricSeries.Of(transductive[..plan.Episodes]),
            Inductive = MetricSeries.Of(inductive[..plan.Episodes]),
            Baselines = baselines
                .Baselines.Zip(others)
                .ToDictionary(b => b.First.Name, b => MetricSeries.Of(b.Second[..plan.Episodes]), StringComparer.Ordinal),
            BaselineSettings = baselines.Settings,
            AbsentBaselines = baselines.Absent,
            Outside = outside.Report,
            Returns = acting.Report,
            Languages = plan.Language(0) is null
                ? null
                :
                [
                    .. Enumerable
                        .Range(0, all)
                        .Select(e =>
                            FiguresOf(plan.Language(e)!, inductive[e], baselines.Baselines.Select((b, i) => (b.Name, others[i][e])))
                        ),
                ],
            OneShotRuns = options.OneShotRuns ? Runs(plan, inductive) : null,
            MillisecondsPerStep = elapsed.TotalMilliseconds / all / plan.Steps,
        };
    }

    private static LanguageFigures FiguresOf(Language language, double[] own, IEnumerable<(string Name, double[] Figures)> baselines) =>
        new()
        {
            Code = language.Code,
            Name = language.Name,
            Group = language.Group,
            BitsPerByte = own,
            Baselines = baselines.ToDictionary(b => b.Name, IReadOnlyList<double> (b) => b.Figures, StringComparer.Ordinal),
        };

    private static OneShotRunsReport Runs(EpisodePlan plan, double[][] accuracies) =>
        new()
        {
            Split = plan.Recipe.Tasks.Split!,
            Trials = plan.Episodes * plan.Shape.QueryCount,
            Correct = [.. accuracies.Select(run => (int)Math.Round(run[^1] * plan.Shape.QueryCount))],
        };

    private static SafetensorsFile? Tensors(string path, string file)
    {
        using BundleFiles files = BundleFiles.Open(path);
        return files.Contains(file) ? files.ReadTensors(file) : null;
    }
}
