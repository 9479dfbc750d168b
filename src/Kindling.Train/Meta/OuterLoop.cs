using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;

namespace Kindling.Train.Meta;

/// <summary>
/// Parameters under the outer optimiser. The gradients of an iteration are computed in parallel and summed over one fixed tree, so that the number
/// of threads and any interruption change nothing in the result.
/// </summary>
internal sealed class OuterLoop
{
    private readonly AlgorithmSpec algorithm;
    private readonly IReadOnlyList<ParameterSpec> specs;
    private readonly IMetaProgram program;
    private readonly IMetaEngine engine;
    private readonly TaskGradients gradients;
    private readonly OuterOptimizer optimizer;

    /// <summary>A loop at iteration 0.</summary>
    /// <param name="algorithm">Optimiser, schedule and tasks a batch.</param>
    /// <param name="program">What a task contributes.</param>
    /// <param name="engine">What computes it; it stays the caller's.</param>
    /// <param name="start">The learned tensors to start from.</param>
    public OuterLoop(AlgorithmSpec algorithm, IMetaProgram program, IMetaEngine engine, IReadOnlyList<FloatTensor> start)
    {
        this.algorithm = algorithm;
        this.program = program;
        this.engine = engine;
        specs = program.Learned;
        gradients = new TaskGradients(specs, algorithm.TasksPerBatch);
        optimizer = new OuterOptimizer(algorithm, specs);
        Parameters = start;
    }

    /// <summary>Finished iterations.</summary>
    public int Iteration { get; private set; }

    /// <summary>The parameters now; an iteration replaces the tensors and does not write to them.</summary>
    public IReadOnlyList<FloatTensor> Parameters { get; private set; }

    /// <summary>One iteration: the mean gradient of the recipe's batch, and a step against it.</summary>
    /// <param name="draw">The data of task t of the batch; called from several threads.</param>
    /// <returns>Mean loss.</returns>
    public float Step(Func<int, IReadOnlyList<TaskInput>> draw)
    {
        engine.Run(program.At(Iteration), Parameters, draw, gradients);
        FloatTensor[] next = [.. Parameters.Select(p => new FloatTensor([.. p.Shape], [.. p.Values]))];
        optimizer.Step([.. next.Select(p => p.Values)], gradients.Mean(), Iteration);
        Parameters = next;
        Iteration++;
        return gradients.Losses.Average();
    }

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    public Dictionary<string, FloatTensor> Snapshot()
    {
        Dictionary<string, FloatTensor> state = new(StringComparer.Ordinal);
        for (int i = 0; i < specs.Count; i++)
        {
            ParameterSpec parameter = specs[i];
            state[parameter.Name] = Parameters[i];
            state[$"outer.{parameter.Name}.m"] = new FloatTensor([.. parameter.Shape], [.. optimizer.First[i]]);
            state[$"outer.{parameter.Name}.v"] = new FloatTensor([.. parameter.Shape], [.. optimizer.Second[i]]);
        }

        return state;
    }

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration)
    {
        Parameters = [.. specs.Select(p => Tensor(state, p.Name, p))];
        for (int i = 0; i < specs.Count; i++)
        {
            Tensor(state, $"outer.{specs[i].Name}.m", specs[i]).Values.CopyTo(optimizer.First[i], 0);
            Tensor(state, $"outer.{specs[i].Name}.v", specs[i]).Values.CopyTo(optimizer.Second[i], 0);
        }

        Iteration = iteration;
    }

    /// <summary>A tensor of a snapshot that has a parameter's shape.</summary>
    /// <exception cref="BundleException">It is missing or of another shape.</exception>
    public static FloatTensor Tensor(
        IReadOnlyDictionary<string, FloatTensor> state,
        string name,
        ParameterSpec parameter,
        string what = "The checkpoint does"
    ) =>
        state.TryGetValue(name, out FloatTensor? tensor) && tensor.Shape.SequenceEqual(parameter.Shape)
            ? tensor
            : throw new BundleException(
                $"{what} not fit the recipe: expected tensor '{name}' of shape [{string.Join(", ", parameter.Shape)}], got {(tensor is null ? "none" : tensor.ToString())}."
            );
}
