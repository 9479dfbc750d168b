using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;

namespace Kindling.Train.Meta;

/// <summary>
/// Meta-training: the outer loop over episodes. Every random draw comes from (seed, purpose, iteration, task), so that the number of threads and any
/// interruption change nothing in the result.
/// </summary>
public sealed class MetaTrainer : ITraining, IDisposable
{
    private const ulong TrainStream = 1;
    private const ulong ValidationStream = 2;
    private const ulong InitialStream = 3;
    private readonly Recipe recipe;
    private readonly ITaskFamily tasks;
    private readonly EpisodeShape shape;
    private readonly InnerLoop inner;
    private readonly IMetaEngine engine;
    private readonly TaskEvaluator evaluator;
    private readonly ParallelOptions parallel;
    private readonly OuterLoop outer;

    /// <summary>A trainer at iteration 0 with freshly drawn parameters.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="tasks">Where episodes come from.</param>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="start">Parameters, and rates where they are learned, to start from instead of freshly drawn ones.</param>
    /// <exception cref="BundleException">A parameter is missing in <paramref name="start"/> or of another shape.</exception>
    public MetaTrainer(Recipe recipe, ITaskFamily tasks, int threads, IReadOnlyDictionary<string, FloatTensor>? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.recipe = recipe;
        this.tasks = tasks;
        shape = recipe.Tasks.ToShape();
        if (recipe.Network.Head == "prototypes" && !tasks.IsClassification)
        {
            throw new BundleException($"network.head: prototypes are means of classes, and '{recipe.Tasks.Type}' is a regression.");
        }

        Network = recipe.Build(tasks.InputShape, tasks.IsClassification ? recipe.Tasks.Ways : tasks.OutputCount);
        Objective objective = new(Network, tasks.IsClassification);
        inner = new InnerLoop(objective, recipe.Inner);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, inner, recipe);
        engine = MetaEngines.Create(recipe.Algorithm.Engine, algorithm, threads);
        evaluator = new TaskEvaluator(objective, inner);
        parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        Learned = algorithm.Learned;
        outer = new OuterLoop(
            recipe.Algorithm,
            algorithm,
            engine,
            start is null ? Initialise(Learned, recipe.Seed, recipe.Inner.Rate) : Start(start)
        );
    }

    /// <summary>The network being trained.</summary>
    public NetworkGraphs Network { get; }

    /// <summary>Finished iterations.</summary>
    public int Iteration => outer.Iteration;

    /// <summary>What the outer loop learns: the network's parameters, then the rates where they are learned.</summary>
    public IReadOnlyList<ParameterSpec> Learned { get; }

    /// <summary>The learned tensors now, in the order of <see cref="Learned"/>.</summary>
    public IReadOnlyList<FloatTensor> Parameters => outer.Parameters;

    /// <summary>The best parameters so far by validation, and their metric; null before the first validation.</summary>
    public (int Iteration, double Metric, IReadOnlyList<FloatTensor> Parameters)? Best { get; private set; }

    /// <summary>Positions of the parameters that adapt.</summary>
    public IReadOnlyList<int> Adapted => inner.Adapted;

    /// <summary>Freshly drawn parameters: a pure function of the network and the seed.</summary>
    public static IReadOnlyList<FloatTensor> Initialise(NetworkGraphs network, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Initialise(network.Parameters, seed, rate: 0);
    }

    /// <summary>Everything learned, freshly drawn; rates start at <paramref name="rate"/>.</summary>
    internal static IReadOnlyList<FloatTensor> Initialise(IReadOnlyList<ParameterSpec> learned, ulong seed, double rate) =>
        [.. learned.Select((p, i) => new FloatTensor([.. p.Shape], Draw(p, new SeededRandom(seed, InitialStream, (ulong)i), (float)rate)))];

    /// <summary>One outer iteration.</summary>
    /// <returns>Mean query loss of its tasks after adaptation.</returns>
    public float Step() =>
        outer.Step(t =>
        {
            Episode episode = tasks.Sample(Split.Train, shape, new SeededRandom(recipe.Seed, TrainStream, (ulong)Iteration, (ulong)t));
            return TaskInput.Of(episode, tasks.IsClassification);
        });

    /// <summary>
    /// Mean metric over the fixed validation episodes before adaptation and after each step; remembers the parameters if the last figure is the
    /// best so far.
    /// </summary>
    public double[] Validate()
    {
        double[][] metrics = Evaluate(Parameters, Split.Validation, recipe.Algorithm.ValidationEpisodes, recipe.Seed);
        double[] mean = [.. Enumerable.Range(0, metrics[0].Length).Select(k => metrics.Average(m => m[k]))];
        bool better = Best is not { } best || (tasks.IsClassification ? mean[^1] > best.Metric : mean[^1] < best.Metric);
        if (better && double.IsFinite(mean[^1]))
        {
            Best = (Iteration, mean[^1], Parameters);
        }

        return mean;
    }

    /// <summary>Metrics of episodes of a split: [episode][step], through the torch engine.</summary>
    public double[][] Evaluate(IReadOnlyList<FloatTensor> parameters, Split split, int episodes, ulong seed)
    {
        double[][] metrics = new double[episodes][];
        _ = Parallel.For(
            0,
            episodes,
            parallel,
            e =>
            {
                Episode episode = tasks.Sample(split, shape, new SeededRandom(seed, ValidationStream, (ulong)split, (ulong)e));
                metrics[e] = evaluator.Evaluate(parameters, episode, recipe.Inner.StepsInApp);
            }
        );
        return metrics;
    }

    /// <summary>What the trainer's inner loop does on one episode: losses and parameters step by step, for comparison with the app's.</summary>
    public (float[] Losses, FloatTensor[][] Parameters) Trace(IReadOnlyList<FloatTensor> parameters, Episode episode, int steps) =>
        evaluator.Trace(parameters, episode, steps);

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Snapshot()
    {
        Dictionary<string, FloatTensor> state = outer.Snapshot();
        for (int i = 0; i < Learned.Count && Best is not null; i++)
        {
            state[$"best.{Learned[i].Name}"] = Best.Value.Parameters[i];
        }

        return state;
    }

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration, (int Iteration, double Metric)? best)
    {
        outer.Restore(state, iteration);
        Best = best is { } b ? (b.Iteration, b.Metric, [.. Learned.Select(p => OuterLoop.Tensor(state, $"best.{p.Name}", p))]) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        engine.Dispose();
        evaluator.Dispose();
    }

    // Rates go on from those of the start: of its rows, the last one for the steps that it does not have.
    private FloatTensor[] Start(IReadOnlyDictionary<string, FloatTensor> start) =>
        [
            .. Network.Parameters.Select(p => OuterLoop.Tensor(start, p.Name, p, "The weights to start from do")),
            .. Learned
                .Skip(Network.Parameters.Count)
                .Select(r =>
                    start.TryGetValue(r.Name, out FloatTensor? rates) && rates.Rank == 1
                        ? new FloatTensor(
                            [.. r.Shape],
                            [.. Enumerable.Range(0, r.Count).Select(k => rates.Values[Math.Min(k, rates.Count - 1)])]
                        )
                        : OuterLoop.Tensor(start, r.Name, r, "The weights to start from do")
                ),
        ];

    private static float[] Draw(ParameterSpec parameter, SeededRandom random, float rate)
    {
        float[] values = new float[parameter.Count];
        float bound = 1 / MathF.Sqrt(parameter.FanIn);
        float deviation = MathF.Sqrt(2f / parameter.FanIn);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = parameter.Initial switch
            {
                InitialDistribution.Ones => 1,
                InitialDistribution.Rate => rate,
                InitialDistribution.Identity => i % (parameter.Shape[0] + 1) == 0 ? 1 : 0,
                InitialDistribution.He => deviation * (float)random.NextGaussian(),
                InitialDistribution.Uniform => random.NextSingle(-bound, bound),
                _ => 0,
            };
        }

        return values;
    }
}
