using System.Diagnostics;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Tasks.Control;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Control;

/// <summary>
/// Lets a bundle's policy live through test tasks: its mean return before adaptation and after each step, where every step adapts to new episodes of the policy as it is
/// by then, as an app does it. Beside it a freshly drawn policy on the same tasks.
/// </summary>
internal static class ReturnEvaluator
{
    private const ulong TestStream = 6;

    /// <summary>Evaluates a bundle whose tasks are worlds to act in.</summary>
    public static EvaluationReport Evaluate(string path, AdaptableModel model, Recipe recipe, EvaluationOptions options)
    {
        RefuseOthers(path, options);
        IControlFamily worlds = (IControlFamily)TaskFamilies.Create(recipe.Tasks, options.DataRoot);
        EpisodeShape shape = new(1, options.Shots ?? recipe.Tasks.Shots, options.Queries ?? recipe.Tasks.Queries);
        int steps = options.Steps ?? model.Manifest.InnerRule.Steps;
        NetworkGraphs network = recipe.Build(worlds.InputShape, worlds.OutputCount);
        LearnerStart fresh = new() { Parameters = Checkpoint.Named(network, MetaTrainer.Initialise(network, options.Seed)) };
        double[][] returns = new double[options.Episodes][];
        double[][] random = new double[options.Episodes][];
        TimeSpan elapsed = TimeSpan.Zero;
        for (int e = 0; e < options.Episodes; e++)
        {
            ulong seed = new SeededRandom(options.Seed, TestStream, (ulong)e).NextUInt64();
            using Learner learner = model.CreateLearner();
            using Learner drawn = model.CreateLearner(fresh);
            (returns[e], TimeSpan spent) = Live(learner, worlds, shape, steps, seed);
            (random[e], _) = Live(drawn, worlds, shape, steps, seed);
            elapsed += spent;
        }

        MetricSeries series = MetricSeries.Of(returns);
        return new EvaluationReport
        {
            Bundle = path,
            Engine = options.Engine,
            Metric = EvaluationReport.ReturnMetric,
            Episodes = options.Episodes,
            Ways = shape.Ways,
            Shots = shape.Shots,
            Queries = shape.Queries,
            Seed = options.Seed,
            Steps = [.. Enumerable.Range(0, steps + 1)],
            Transductive = series,
            Inductive = series,
            Baselines = new Dictionary<string, MetricSeries>(StringComparer.Ordinal) { ["random"] = MetricSeries.Of(random) },
            BaselineSettings = new Dictionary<string, double>(StringComparer.Ordinal),
            AbsentBaselines = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["joint"] = "worlds to act in have no examples to pool; train the recipe with algorithm.type joint and evaluate its bundle",
            },
            MillisecondsPerStep = steps == 0 ? 0 : elapsed.TotalMilliseconds / options.Episodes / steps,
        };
    }

    /// <summary>What a bundle's policy does in the first test task of an evaluation: [step][episode].</summary>
    public static IReadOnlyList<IReadOnlyList<Trajectory>> FirstTask(AdaptableModel model, Recipe recipe, EvaluationReport report)
    {
        IControlFamily worlds = (IControlFamily)TaskFamilies.Create(recipe.Tasks, "");
        List<IReadOnlyList<Trajectory>> lived = [];
        using Learner learner = model.CreateLearner();
        ulong seed = new SeededRandom(report.Seed, TestStream).NextUInt64();
        _ = Live(learner, worlds, new EpisodeShape(1, report.Shots, report.Queries), report.Steps[^1], seed, lived.Add);
        return lived;
    }

    /// <summary>What a learner's policy says to observations <c>[episodes, numbers]</c>.</summary>
    public static FloatTensor Act(Learner learner, IControlFamily worlds, FloatTensor seen) =>
        new([seen.Shape[0], worlds.OutputCount], [.. learner.PredictBatch(seen).SelectMany(prediction => prediction.Values)]);

    private static (double[] Returns, TimeSpan Spent) Live(
        Learner learner,
        IControlFamily worlds,
        EpisodeShape shape,
        int steps,
        ulong seed,
        Action<IReadOnlyList<Trajectory>>? judged = null
    )
    {
        TimeSpan spent = TimeSpan.Zero;
        double[] returns = Rollouts.Course(
            worlds,
            Split.Test,
            shape,
            steps,
            new SeededRandom(seed),
            seen => Act(learner, worlds, seen),
            Adapt,
            judged
        );
        return (returns, spent);

        void Adapt(FloatTensor x, FloatTensor y)
        {
            long start = Stopwatch.GetTimestamp();
            _ = learner.Adapt(new AdaptRequest { Support = SupportSet.FromTargets(x, y), Steps = 1 });
            spent += Stopwatch.GetElapsedTime(start);
        }
    }

    /// <summary>Refuses what does not apply to policies.</summary>
    /// <exception cref="BundleException">Something that does not apply is asked for.</exception>
    public static void RefuseOthers(string path, EvaluationOptions options)
    {
        string[] given =
        [
            .. new (string Name, bool IsGiven)[]
            {
                ("--ways", options.Ways is not null and not 1),
                ("--source", options.Source is not null),
                ("--one-shot-runs", options.OneShotRuns),
                ("--joint", options.Joint is not null),
                ("--engine torch", options.Engine == EvaluationOptions.TorchEngine),
            }
                .Where(option => option.IsGiven)
                .Select(option => option.Name),
        ];
        if (given.Length > 0)
        {
            throw new BundleException(
                $"{path}: the policy of worlds to act in is evaluated by the runtime in its own worlds; {string.Join(", ", given)} does not apply."
            );
        }
    }
}
