using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;

namespace Kindling.Train.Meta;

/// <summary>
/// The outer loop on the processor. The gradients of an iteration are computed in parallel and summed over one fixed tree, so that the number of
/// threads and any interruption change nothing in the result.
/// </summary>
internal sealed class OuterLoop : IOuterLoop
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
    /// <param name="engine">What computes it; the loop disposes it.</param>
    /// <param name="start">The learned tensors to start from.</param>
    public OuterLoop(AlgorithmSpec algorithm, IMetaProgram program, IMetaEngine engine, IReadOnlyList<FloatTensor> start)
    {
        this.algorithm = algorithm;
        this.program = program;
        this.engine = engine;
        specs = program.Learned;
        gradients = new TaskGradients(specs, algorithm.TasksPerBatch);
        optimizer = new OuterOptimizer(algorithm, [.. specs.Select(p => p.Count)]);
        Parameters = start;
    }

    /// <inheritdoc/>
    public int Iteration { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<FloatTensor> Parameters { get; private set; }

    /// <inheritdoc/>
    public float Step(Func<int, int, IReadOnlyList<TaskInput>> draw)
    {
        engine.Run(program.At(Iteration), Parameters, t => draw(Iteration, t), gradients);
        FloatTensor[] next = [.. Parameters.Select(p => new FloatTensor([.. p.Shape], [.. p.Values]))];
        optimizer.Step([.. next.Select(p => p.Values)], gradients.Mean(), Iteration);
        Parameters = next;
        Iteration++;
        return gradients.Losses.Average();
    }

    /// <inheritdoc/>
    public Dictionary<string, FloatTensor> Snapshot() =>
        new OuterState(Parameters, Tensors(optimizer.First), Tensors(optimizer.Second)).Snapshot(specs);

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration)
    {
        OuterState read = OuterState.Of(state, specs);
        Parameters = read.Parameters;
        for (int i = 0; i < specs.Count; i++)
        {
            read.First[i].Values.CopyTo(optimizer.First[i], 0);
            read.Second[i].Values.CopyTo(optimizer.Second[i], 0);
        }

        Iteration = iteration;
    }

    private FloatTensor[] Tensors(float[][] moments) => [.. specs.Select((p, i) => new FloatTensor([.. p.Shape], [.. moments[i]]))];
}
