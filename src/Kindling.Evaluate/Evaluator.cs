using System.Diagnostics;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Evaluate;

/// <summary>Adapts a bundle to test episodes through the runtime that apps use, and measures it after every step.</summary>
public static class Evaluator
{
    private const ulong TestStream = 6;

    /// <summary>Evaluates a bundle on the test split of its own tasks.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="dataRoot">Folder of data sets.</param>
    /// <param name="episodes">Number of test episodes.</param>
    /// <param name="steps">Adaptation steps; the bundle's if null.</param>
    /// <param name="seed">Seed of the episodes.</param>
    /// <exception cref="BundleException">The bundle has no recipe, or data are missing.</exception>
    public static EvaluationReport Evaluate(string path, string dataRoot, int episodes, int? steps, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        using AdaptableModel model = AdaptableModel.Open(path);
        Recipe recipe = Recipe.Parse(
            model.Manifest.Recipe?.GetRawText()
                ?? throw new BundleException($"{path}: the bundle holds no recipe, so its tasks are unknown."),
            path
        );
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, dataRoot);
        EpisodeShape shape = recipe.Tasks.ToShape();
        int count = steps ?? model.Steps;
        NetworkGraphs network = NetworkCatalogue.Build(recipe.Network, tasks.InputShape, model.Manifest.Output.Count);
        LearnerStart random = new() { Parameters = Checkpoint.Named(network, MetaTrainer.Initialise(network, seed)) };

        double[][] transductive = new double[episodes][];
        double[][] inductive = new double[episodes][];
        double[][] fresh = new double[episodes][];
        TimeSpan elapsed = TimeSpan.Zero;
        for (int e = 0; e < episodes; e++)
        {
            Episode episode = tasks.Sample(Split.Test, shape, new SeededRandom(seed, TestStream, (ulong)e));
            SupportSet support = Support(model, episode);
            transductive[e] = new double[count + 1];
            inductive[e] = new double[count + 1];
            fresh[e] = new double[count + 1];
            using Learner learner = model.CreateLearner();
            learner.Trace(
                support,
                count,
                point =>
                {
                    transductive[e][point.Step] = Metric(model, point.OutputsTransductive(episode.QueryX), episode.QueryY);
                    inductive[e][point.Step] = Metric(model, point.OutputsInductive(episode.QueryX), episode.QueryY);
                }
            );
            using Learner baseline = model.CreateLearner(random);
            baseline.Trace(
                support,
                count,
                point => fresh[e][point.Step] = Metric(model, point.OutputsInductive(episode.QueryX), episode.QueryY)
            );
            using Learner timed = model.CreateLearner();
            long start = Stopwatch.GetTimestamp();
            _ = timed.Adapt(support);
            elapsed += Stopwatch.GetElapsedTime(start);
        }

        return new EvaluationReport
        {
            Bundle = path,
            Engine = "ort",
            Metric = model.Manifest.IsClassification ? "accuracy" : "mse",
            Episodes = episodes,
            Ways = shape.Ways,
            Shots = shape.Shots,
            Queries = shape.Queries,
            Seed = seed,
            Steps = [.. Enumerable.Range(0, count + 1)],
            Transductive = MetricSeries.Of(transductive),
            Inductive = MetricSeries.Of(inductive),
            Baselines = new Dictionary<string, MetricSeries>(StringComparer.Ordinal) { ["random"] = MetricSeries.Of(fresh) },
            MillisecondsPerStep = elapsed.TotalMilliseconds / episodes / model.Steps,
        };
    }

    private static SupportSet Support(AdaptableModel model, Episode episode) =>
        model.Manifest.IsClassification
            ? SupportSet.FromTensors(
                episode.SupportX,
                [.. episode.SupportY.Values.Select(v => (int)v)],
                [.. Enumerable.Range(0, episode.Classes.Count).Select(i => $"class {i:000}")]
            )
            : SupportSet.FromTargets(episode.SupportX, episode.SupportY);

    private static double Metric(AdaptableModel model, FloatTensor output, FloatTensor y)
    {
        if (!model.Manifest.IsClassification)
        {
            return output.Values.Zip(y.Values, (a, b) => (double)(a - b) * (a - b)).Average();
        }

        int slots = output.Shape[1];
        int right = 0;
        for (int i = 0; i < y.Count; i++)
        {
            Span<float> row = output.Values.AsSpan(i * slots, slots);
            right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row) == (int)y.Values[i] ? 1 : 0;
        }

        return (double)right / y.Count;
    }
}
