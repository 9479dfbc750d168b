using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Ranks;

namespace Kindling.Train.Meta;

/// <summary>
/// The outer loop on the processor. The gradients of an iteration are computed in parallel and summed over one fixed tree, so that the number of
/// threads and of processes and any interruption change nothing in the result.
/// </summary>
internal sealed class OuterLoop : IOuterLoop
{
    private readonly AlgorithmSpec algorithm;
    private readonly IReadOnlyList<ParameterSpec> specs;
    private readonly IMetaProgram program;
    private readonly IMetaEngine engine;
    private readonly IRanks ranks;
    private readonly TaskGradients gradients;
    private readonly OuterOptimizer optimizer;

    /// <summary>A loop at iteration 0.</summary>
    /// <param name="algorithm">Optimiser, schedule and tasks a batch.</param>
    /// <param name="program">What a task contributes.</param>
    /// <param name="engine">What computes it; the loop disposes it.</param>
    /// <param name="start">The learned tensors to start from.</param>
    /// <param name="ranks">The processes that compute an iteration's tasks together.</param>
    /// <param name="threads">Threads that sum the gradients.</param>
    public OuterLoop(
        AlgorithmSpec algorithm,
        IMetaProgram program,
        IMetaEngine engine,
        IReadOnlyList<FloatTensor> start,
        IRanks ranks,
        int threads
    )
    {
        this.algorithm = algorithm;
        this.program = program;
        this.engine = engine;
        this.ranks = ranks;
        specs = program.Learned;
        gradients = new TaskGradients(specs, algorithm.TasksPerBatch, ranks, threads);
        optimizer = new OuterOptimizer(algorithm, specs);
        Parameters = start;
    }

    /// <inheritdoc/>
    public int Iteration { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<FloatTensor> Parameters { get; private set; }

    /// <inheritdoc/>
    public float Step(Func<int, int, IReadOnlyList<TaskInput>> draw)
    {
        IReadOnlyList<TaskInput>?[] drawn = new IReadOnlyList<TaskInput>?[algorithm.TasksPerBatch];
        float loss = 0;
        for (int pass = 0; pass < algorithm.Passes; pass++)
        {
            engine.Run(program.At(Iteration), Parameters, Draw, gradients);
            (IReadOnlyList<Memory<float>> gradient, loss) = gradients.Mean();
            FloatTensor[] next = Copy();
            optimizer.Step([.. next.Select(p => p.Values)], gradient, Iteration, (Iteration * algorithm.Passes) + pass);
            Parameters = next;
        }

        Iteration++;
        return loss;

        // Kept for further passes alone.
        IReadOnlyList<TaskInput> Draw(int t) => algorithm.Passes == 1 ? draw(Iteration, t) : drawn[t] ??= draw(Iteration, t);
    }

    /// <inheritdoc/>
    public void Share()
    {
        Span<int> iteration = [Iteration];
        ranks.Broadcast(iteration);
        Iteration = iteration[0];
        Parameters = Copy();
        foreach (float[] values in State())
        {
            ranks.Broadcast(values.AsSpan());
        }
    }

    /// <inheritdoc/>
    public void Compare()
    {
        if (ranks.Count == 1)
        {
            return;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (float[] values in State())
        {
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        if (ranks.Unlike(hash) is { Count: > 0 } unlike)
        {
            throw new RanksDifferException(
                $"After iteration {Iteration} the parameters of process {string.Join(", ", unlike)} of {ranks.Count} are not those of process 0. The last checkpoint stays as it is. The memory of a machine may be faulty, or its C library another one."
            );
        }
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

    private FloatTensor[] Copy() => [.. Parameters.Select(p => new FloatTensor([.. p.Shape], [.. p.Values]))];

    private IEnumerable<float[]> State() => Parameters.Select(p => p.Values).Concat(optimizer.First).Concat(optimizer.Second);

    private FloatTensor[] Tensors(float[][] moments) => [.. specs.Select((p, i) => new FloatTensor([.. p.Shape], [.. moments[i]]))];
}
