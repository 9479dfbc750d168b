using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Ranks;
using Kindling.Train.Session;

namespace Kindling.Train.Meta;

/// <summary>
/// The joint baseline: an ordinary network trained on the data of all training tasks pooled, at the meta-learner's number of gradient evaluations.
/// An iteration takes, in place of each episode, one chunk of pooled examples, as many as that episode's gradients see: the support set once per
/// inner step and the query set once. Optimiser, schedule, iterations and tasks per batch are the recipe's. A classification has one output per
/// training class; normalisation is that of the support graph, so by the statistics of the chunk where the network uses those of a batch.
/// </summary>
/// <remarks>
/// Reptile's outer step takes the way of an adaptation in place of a gradient: there a chunk contributes the way of one SGD step at the inner rate. La-MAML's
/// takes its rates from the inner loop, which the baseline has none of: there it takes Adam at 0.001. A meta-training that stops early by its patience has
/// made fewer evaluations than the baseline, which runs to the last iteration.
/// </remarks>
internal sealed class JointTrainer : ITraining, IDisposable
{
    private const ulong ChunkStream = 8;
    private readonly Recipe recipe;
    private readonly ITaskFamily tasks;
    private readonly JointData data;
    private readonly IOuterLoop outer;
    private readonly int chunk;

    /// <summary>A trainer at iteration 0; its body starts where meta-training's did.</summary>
    /// <param name="recipe">What to train.</param>
    /// <param name="tasks">Where the data come from.</param>
    /// <param name="threads">Chunks at a time.</param>
    /// <param name="ranks">The processes that train together; null where this one trains alone.</param>
    /// <param name="device">A device that computes the chunks; the processor if absent.</param>
    /// <param name="frozen">Values of the parameters that stay as they are, by name; null where there are none.</param>
    public JointTrainer(
        Recipe recipe,
        ITaskFamily tasks,
        int threads,
        IRanks? ranks = null,
        TrainingDevice? device = null,
        IReadOnlyDictionary<string, FloatTensor>? frozen = null
    )
    {
        this.recipe = recipe;
        JointData pooled = tasks.Joint(Split.Train);
        Recipe body = recipe with
        {
            Network = recipe.Network with
            {
                Head = tasks.IsClassification || recipe.Network.Head == "prototypes" ? "linear" : recipe.Network.Head,
            },
            Inner = recipe.Inner with { Loss = InnerLosses.Outer(recipe.Inner.Loss) },
        };
        (Network, this.tasks) = FrozenTasks.Split(
            body.Build(tasks.InputShape, pooled.ClassCount > 0 ? pooled.ClassCount : tasks.OutputCount),
            tasks
        );
        data = FrozenTasks.Seen(this.tasks, pooled);
        float factor = recipe.Algorithm.Type == "reptile" ? (float)recipe.Inner.Rate : 1;
        JointProgram program = new(new Objective(Network, tasks.IsClassification, body.Inner.Loss), factor);
        outer = OuterLoops.Create(
            recipe.Algorithm.OuterOptimizer == "rates"
                ? recipe with
                {
                    Algorithm = recipe.Algorithm with { OuterOptimizer = "adam", OuterRate = 1e-3 },
                }
                : recipe,
            program,
            threads,
            ranks ?? SingleProcess.Alone,
            device,
            [
                .. Network
                    .Parameters.Zip(MetaTrainer.Initialise(Network, recipe.Seed))
                    .Select(p =>
                        frozen is not null && p.First.IsFrozen
                            ? recipe.Rounded(p.First, OuterState.Tensor(frozen, p.First.Name, p.First))
                            : p.Second
                    ),
            ]
        );
        EpisodeShape shape = recipe.Tasks.ToShape();
        chunk = (shape.SupportCount * recipe.Inner.Steps) + shape.QueryCount;
    }

    /// <summary>The network: the recipe's body and a head for the pooled problem.</summary>
    public NetworkGraphs Network { get; }

    /// <inheritdoc/>
    public int Iteration => outer.Iteration;

    /// <inheritdoc/>
    public IReadOnlyList<FloatTensor> Parameters => outer.Parameters;

    /// <summary>What evaluation compares with, by name: the body, and for regression the head, which fits any task.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Baseline =>
        Network
            .Parameters.Zip(Parameters)
            .Where(p => !p.First.IsFrozen && (data.ClassCount == 0 || !p.First.IsHead))
            .ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);

    /// <summary>Never: without validation nothing says so.</summary>
    public bool HasConverged => false;

    /// <inheritdoc/>
    public float Step() => outer.Step(Draw);

    /// <inheritdoc/>
    public void Share() => outer.Share();

    /// <inheritdoc/>
    public void Compare() => outer.Compare();

    /// <summary>None: the baseline is what its last iteration leaves.</summary>
    public double[]? Validate() => null;

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Snapshot() => outer.Snapshot();

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration) => outer.Restore(state, iteration);

    /// <inheritdoc/>
    public void Dispose()
    {
        outer.Dispose();
        (tasks as FrozenTasks)?.Dispose();
    }

    private IReadOnlyList<TaskInput> Draw(int iteration, int task)
    {
        SeededRandom random = new(recipe.Seed, ChunkStream, (ulong)iteration, (ulong)task);
        int width = tasks.InputShape.Aggregate(1, (a, b) => a * b);
        int outputs = tasks.IsClassification ? 1 : data.TargetLength ?? tasks.OutputCount;
        float[] x = new float[chunk * width];
        float[] y = new float[chunk * outputs];
        for (int i = 0; i < chunk; i++)
        {
            data.Sample(random, x.AsSpan(i * width, width), y.AsSpan(i * outputs, outputs));
        }

        int[] targets = tasks.IsClassification ? [chunk] : [chunk, outputs];
        return [new(new FloatTensor([chunk, .. tasks.InputShape], x), false), new(new FloatTensor(targets, y), tasks.IsClassification)];
    }
}
