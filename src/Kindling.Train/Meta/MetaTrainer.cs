using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Tasks.Control;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Ranks;
using Kindling.Train.Session;

namespace Kindling.Train.Meta;

/// <summary>
/// Meta-training: the outer loop over episodes. Every random draw comes from (seed, purpose, iteration, task), so that the number of threads and of
/// processes and any interruption change nothing in the result.
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
    private readonly TaskEvaluator evaluator;
    private readonly ParallelOptions parallel;
    private readonly IOuterLoop outer;
    private readonly IRanks ranks;
    private readonly ParameterAverage average;
    private readonly Experience? experience;
    private readonly bool moreIsBetter;

    /// <summary>A trainer at iteration 0 with freshly drawn parameters.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="tasks">Where episodes come from.</param>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="start">Parameters, and rates where they are learned, to start from instead of freshly drawn ones.</param>
    /// <param name="ranks">The processes that train together; null where this one trains alone.</param>
    /// <param name="device">A device that computes the tasks; the processor if absent. Validation is the processor's in any case.</param>
    /// <exception cref="BundleException">A parameter is missing in <paramref name="start"/> or of another shape.</exception>
    public MetaTrainer(
        Recipe recipe,
        ITaskFamily tasks,
        int threads,
        IReadOnlyDictionary<string, FloatTensor>? start = null,
        IRanks? ranks = null,
        TrainingDevice? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.recipe = recipe;
        this.ranks = ranks ?? SingleProcess.Alone;
        shape = recipe.Tasks.ToShape();
        if (recipe.Network.Head == "prototypes" && !tasks.IsClassification)
        {
            throw new BundleException($"network.head: prototypes are means of classes, and '{recipe.Tasks.Type}' is a regression.");
        }

        (Network, this.tasks) = FrozenTasks.Split(
            recipe.Build(tasks.InputShape, tasks.IsClassification ? recipe.Tasks.Ways : tasks.OutputCount),
            tasks
        );
        Objective objective = new(Network, tasks.IsClassification, recipe.Inner.Loss, recipe.Algorithm.ClipRatio);
        inner = new InnerLoop(objective, recipe);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, inner, recipe);
        moreIsBetter = objective.MoreIsBetter;
        evaluator = new TaskEvaluator(objective, inner);
        experience = tasks is IControlFamily worlds ? new Experience(worlds, Network, evaluator) : null;
        parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        average = new ParameterAverage(recipe.Algorithm.Average);
        Learned = algorithm.Learned;
        outer = OuterLoops.Create(
            recipe,
            algorithm,
            threads,
            this.ranks,
            device,
            start is null ? Initialise(Learned, recipe.Seed, recipe.Inner.Rate) : Start(start)
        );
    }

    /// <summary>The network being trained; without its frozen part, where that has run on the tasks already.</summary>
    public NetworkGraphs Network { get; }

    /// <summary>Finished iterations.</summary>
    public int Iteration => outer.Iteration;

    /// <summary>What the outer loop learns: the network's parameters, then the rates where they are learned.</summary>
    public IReadOnlyList<ParameterSpec> Learned { get; }

    /// <summary>The learned tensors now, in the order of <see cref="Learned"/>.</summary>
    public IReadOnlyList<FloatTensor> Parameters => outer.Parameters;

    /// <summary>The best parameters so far by validation, and their metric; null before the first validation.</summary>
    public (int Iteration, double Metric, IReadOnlyList<FloatTensor> Parameters)? Best { get; private set; }

    /// <summary>Validations since the best one.</summary>
    public int ValidationsSinceBest { get; private set; }

    /// <summary>Whether the recipe's patience is over: so many validations in a row were no better.</summary>
    public bool HasConverged => recipe.Algorithm.Patience > 0 && ValidationsSinceBest >= recipe.Algorithm.Patience;

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
    /// <returns>Mean query loss of its tasks after adaptation; NaN, with nothing moved, where a policy has diverged and cannot act any more.</returns>
    public float Step()
    {
        try
        {
            return outer.Step(Draw);
        }
        catch (Exception e) when (Causes(e).All(cause => cause is NotFiniteNumberException))
        {
            return float.NaN;
        }

        // one of a single thread, or those of several
        static IEnumerable<Exception> Causes(Exception e) => e is AggregateException many ? many.Flatten().InnerExceptions : [e];

        IReadOnlyList<TaskInput> Draw(int iteration, int task)
        {
            SeededRandom random = new(recipe.Seed, TrainStream, (ulong)iteration, (ulong)task);
            Episode episode = experience is null
                ? tasks.Sample(Split.Train, shape, random)
                : experience.Draw(Parameters, Split.Train, shape, recipe.Inner.Steps, random);
            return TaskInput.Of(episode, tasks.IsClassification);
        }
    }

    /// <inheritdoc/>
    public void Share()
    {
        outer.Share();
        ShareWaiting();
    }

    /// <inheritdoc/>
    public void Compare() => outer.Compare();

    /// <summary>
    /// Mean metric over the fixed validation episodes before adaptation and after each step, of the mean of the last validated parameters where the recipe
    /// averages; remembers what it measured if the last figure is the best so far.
    /// </summary>
    public double[] Validate()
    {
        IReadOnlyList<FloatTensor> measured = Agreed(average.Add(Parameters));
        double[][] metrics = Evaluate(measured, Split.Validation, recipe.Algorithm.ValidationEpisodes, recipe.Seed);
        double[] mean = [.. Enumerable.Range(0, metrics[0].Length).Select(k => metrics.Average(m => m[k]))];
        bool better = Best is not { } best || (moreIsBetter || experience is not null ? mean[^1] > best.Metric : mean[^1] < best.Metric);
        if (better && double.IsFinite(mean[^1]))
        {
            Best = (Iteration, mean[^1], measured);
            ValidationsSinceBest = 0;
        }
        else
        {
            ValidationsSinceBest++;
        }

        ShareWaiting();
        return mean;
    }

    /// <summary>Metrics of episodes of a split: [episode][step], through the torch engine; of worlds the mean return. Each process takes its share and gets all.</summary>
    public double[][] Evaluate(IReadOnlyList<FloatTensor> parameters, Split split, int episodes, ulong seed)
    {
        int width = recipe.Inner.StepsInApp + 1;
        double[] metrics = new double[episodes * width];
        (int from, int to) = ranks.Share(episodes, ranks.Rank);
        _ = Parallel.For(
            from,
            to,
            parallel,
            e =>
            {
                SeededRandom random = new(seed, ValidationStream, (ulong)split, (ulong)e);
                double[] metric =
                    experience?.Returns(parameters, split, shape, recipe.Inner.StepsInApp, random)
                    ?? evaluator.Evaluate(parameters, tasks.Sample(split, shape, random), recipe.Inner.StepsInApp);
                metric.CopyTo(metrics, e * width);
            }
        );
        ranks.Gather(metrics.AsSpan(), episodes);
        return [.. metrics.Chunk(width)];
    }

    /// <summary>In worlds, what the policy with these parameters adapts to in a task; null elsewhere.</summary>
    internal Episode? Lived(IReadOnlyList<FloatTensor> parameters, Split split, SeededRandom random) =>
        experience?.Support(parameters, split, shape, random);

    /// <summary>What the trainer's inner loop does on one episode: losses and parameters step by step, for comparison with the app's.</summary>
    public (float[] Losses, FloatTensor[][] Parameters) Trace(IReadOnlyList<FloatTensor> parameters, Episode episode, int steps) =>
        evaluator.Trace(parameters, FrozenTasks.Seen(tasks, episode), steps);

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Snapshot()
    {
        Dictionary<string, FloatTensor> state = outer.Snapshot();
        for (int i = 0; i < Learned.Count && Best is not null; i++)
        {
            state[$"best.{Learned[i].Name}"] = Best.Value.Parameters[i];
        }

        average.Save(state, Learned);

        return state;
    }

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public void Restore(
        IReadOnlyDictionary<string, FloatTensor> state,
        int iteration,
        (int Iteration, double Metric)? best,
        int validationsSinceBest = 0
    )
    {
        outer.Restore(state, iteration);
        average.Restore(state, Learned);
        ValidationsSinceBest = validationsSinceBest;
        Best = best is { } b ? (b.Iteration, b.Metric, [.. Learned.Select(p => OuterState.Tensor(state, $"best.{p.Name}", p))]) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        outer.Dispose();
        experience?.Dispose();
        evaluator.Dispose();
        (tasks as FrozenTasks)?.Dispose();
    }

    // Process 0 alone knows the best parameters and the averaged ones after a resumption: it says what is measured, and whether training goes on.
    private IReadOnlyList<FloatTensor> Agreed(IReadOnlyList<FloatTensor> parameters)
    {
        if (ranks.Count == 1 || recipe.Algorithm.Average == 1)
        {
            return parameters;
        }

        FloatTensor[] agreed = [.. parameters.Select(p => new FloatTensor([.. p.Shape], [.. p.Values]))];
        foreach (FloatTensor tensor in agreed)
        {
            ranks.Broadcast(tensor.Values.AsSpan());
        }

        return agreed;
    }

    private void ShareWaiting()
    {
        Span<int> waited = [ValidationsSinceBest];
        ranks.Broadcast(waited);
        ValidationsSinceBest = waited[0];
    }

    // Rates go on from those of the start, if it has any: of its rows, the last one for the steps that it does not have. With adapters the start is a network without: they
    // and their rates are drawn, and so is a head for other classes. A detector may start from a classifier: what that lacks is drawn, and the head.
    private FloatTensor[] Start(IReadOnlyDictionary<string, FloatTensor> start)
    {
        IReadOnlyList<FloatTensor> drawn = Initialise(Learned, recipe.Seed, recipe.Inner.Rate);
        bool detects = recipe.Network.FindsObjects();
        bool adds = recipe.Adapters is not null || detects;
        if (detects && !Network.Parameters.Any(p => start.ContainsKey(p.Name)))
        {
            throw new BundleException(
                $"The weights to start from have no parameter of this network: it has {string.Join(", ", Network.Parameters.Take(2).Select(p => p.Name))} and others, they have {string.Join(", ", start.Keys.Order(StringComparer.Ordinal).Take(2))} and others."
            );
        }

        bool Drawn(ParameterSpec p) =>
            !start.TryGetValue(p.Name, out FloatTensor? known)
                ? adds && !p.IsFrozen
                : !known.Shape.SequenceEqual(p.Shape) && (detects ? p.IsHead : adds && !p.IsFrozen);
        FloatTensor Parameter(ParameterSpec p, int i) =>
            Drawn(p) ? drawn[i] : recipe.Rounded(p, OuterState.Tensor(start, p.Name, p, "The weights to start from do"));
        FloatTensor Rate(ParameterSpec r, int i) =>
            start.TryGetValue(r.Name, out FloatTensor? rates) && rates.Rank == 1
                ? new FloatTensor(
                    [.. r.Shape],
                    [.. Enumerable.Range(0, r.Count).Select(k => rates.Values[Math.Min(Row(r, k), rates.Count - 1)])]
                )
            : adds || rates is null ? drawn[Network.Parameters.Count + i]
            : OuterState.Tensor(start, r.Name, r, "The weights to start from do");
        return [.. Network.Parameters.Select(Parameter), .. Learned.Skip(Network.Parameters.Count).Select(Rate)];

        // the step that an element of a table of rates is for
        static int Row(ParameterSpec table, int element) => element / (table.Count / table.Shape[0]);
    }

    private static float[] Draw(ParameterSpec parameter, SeededRandom random, float rate)
    {
        if (parameter.Initial == InitialDistribution.Given)
        {
            return parameter.Start.ToArray();
        }

        float[] values = new float[parameter.Count];
        float bound = 1 / MathF.Sqrt(parameter.FanIn);
        float deviation = MathF.Sqrt(2f / parameter.FanIn);
        float glorot = MathF.Sqrt(6f / (parameter.Shape.Count == 2 ? parameter.Shape[0] + parameter.Shape[1] : 2 * parameter.FanIn));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = parameter.Initial switch
            {
                InitialDistribution.Ones => 1,
                InitialDistribution.Rate => rate,
                InitialDistribution.Identity => i % (parameter.Shape[0] + 1) == 0 ? 1 : 0,
                InitialDistribution.He => deviation * (float)random.NextGaussian(),
                InitialDistribution.Uniform => random.NextSingle(-bound, bound),
                InitialDistribution.Normal => (float)random.NextGaussian(),
                InitialDistribution.Glorot => random.NextSingle(-glorot, glorot),
                _ => 0,
            };
        }

        return values;
    }
}
