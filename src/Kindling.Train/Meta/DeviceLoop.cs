using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Session;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// The outer loop on a device: the tasks of an iteration are computed together, as many at a time as its memory takes, and parameters, gradients and
/// the optimiser's moments stay there. The host sends data before an iteration, while it draws those of the next one, and reads the loss after it.
/// </summary>
/// <remarks>Sums over tasks are the device's: results agree with the processor's to rounding, and so do those of other numbers of tasks at a time.</remarks>
internal sealed class DeviceLoop : IOuterLoop
{
    private readonly AlgorithmSpec algorithm;
    private readonly IMetaProgram program;
    private readonly TrainingDevice device;
    private readonly int threads;
    private readonly DeviceOptimizer optimizer;
    private readonly Dictionary<string, StackedPrograms> compiled = new(StringComparer.Ordinal);
    private (int Iteration, Task<IReadOnlyList<TaskInput>[]> Tasks)? ahead;
    private IReadOnlyList<FloatTensor>? parameters;

    /// <summary>A loop at iteration 0.</summary>
    /// <param name="algorithm">Optimiser, schedule and tasks a batch.</param>
    /// <param name="program">What a task contributes.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="threads">Threads that draw tasks.</param>
    /// <param name="start">The learned tensors to start from.</param>
    public DeviceLoop(AlgorithmSpec algorithm, IMetaProgram program, TrainingDevice device, int threads, IReadOnlyList<FloatTensor> start)
    {
        this.algorithm = algorithm;
        this.program = program;
        this.device = device;
        this.threads = threads;
        optimizer = new DeviceOptimizer(algorithm, program.Learned, device.Device);
        DeviceOptimizer.Write(optimizer.Parameters, start);
        parameters = start;
    }

    /// <inheritdoc/>
    public int Iteration { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<FloatTensor> Parameters => parameters ??= optimizer.Read(optimizer.Parameters);

    /// <inheritdoc/>
    public float Step(Func<int, int, IReadOnlyList<TaskInput>> draw)
    {
        IReadOnlyList<TaskInput>[] tasks = Take(draw);
        Phase phase = program.At(Iteration);
        using IDisposable scope = TorchWork.Enter();
        using IDisposable off = no_grad();
        StackedPrograms forms = Compiled(phase, tasks[0]);
        Tensor[][] data = [.. forms.Runs.Select(run => forms.Load(tasks.AsSpan(run.From..run.To)))];
        Tensor[] weights = phase.Weights.Length == 0 ? [] : [tensor(phase.Weights).to(device.Device)];
        (Tensor Gradient, Tensor Loss) sum = forms.Run(0, [.. optimizer.Views, .. weights, .. data[0]]);
        using Scalar one = 1;
        for (int run = 1; run < data.Length; run++)
        {
            (Tensor gradient, Tensor loss) = forms.Run(run, [.. optimizer.Views, .. weights, .. data[run]]);
            _ = sum.Gradient.add_(gradient, one);
            _ = sum.Loss.add_(loss, one);
        }

        optimizer.Step(sum.Gradient, tasks.Length, Iteration);
        parameters = null;
        Iteration++;
        return sum.Loss.item<float>() / tasks.Length;
    }

    /// <summary>Nothing: a device is used by one process.</summary>
    public void Share() { }

    /// <summary>Nothing: a device is used by one process.</summary>
    public void Compare() { }

    /// <inheritdoc/>
    public Dictionary<string, FloatTensor> Snapshot() =>
        new OuterState(Parameters, optimizer.Read(optimizer.First), optimizer.Read(optimizer.Second)).Snapshot(program.Learned);

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration)
    {
        OuterState read = OuterState.Of(state, program.Learned);
        DeviceOptimizer.Write(optimizer.Parameters, read.Parameters);
        DeviceOptimizer.Write(optimizer.First, read.First);
        DeviceOptimizer.Write(optimizer.Second, read.Second);
        parameters = read.Parameters;
        Iteration = iteration;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // nobody wants what it draws any more, nor what went wrong with that; but the task family may be given up after this
        _ = Task.WhenAny(ahead?.Tasks ?? Task.CompletedTask).GetAwaiter().GetResult();
        foreach (StackedPrograms forms in compiled.Values)
        {
            forms.Dispose();
        }

        optimizer.Dispose();
    }

    // What was drawn ahead, unless a snapshot of another iteration has come between; then the next iteration's tasks begin to be drawn.
    private IReadOnlyList<TaskInput>[] Take(Func<int, int, IReadOnlyList<TaskInput>> draw)
    {
        IReadOnlyList<TaskInput>[] tasks =
            ahead is var (iteration, drawn) && iteration == Iteration ? drawn.GetAwaiter().GetResult() : Draw(draw, Iteration);
        int next = Iteration + 1;
        ahead = next < algorithm.Iterations ? (next, Task.Run(() => Draw(draw, next))) : null;
        return tasks;
    }

    private IReadOnlyList<TaskInput>[] Draw(Func<int, int, IReadOnlyList<TaskInput>> draw, int iteration)
    {
        IReadOnlyList<TaskInput>[] tasks = new IReadOnlyList<TaskInput>[algorithm.TasksPerBatch];
        _ = Parallel.For(0, tasks.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, t => tasks[t] = draw(iteration, t));
        return tasks;
    }

    private StackedPrograms Compiled(Phase phase, IReadOnlyList<TaskInput> task)
    {
        string key = $"{phase.Variant} {phase.Weights.Length} {string.Join(';', task.Select(d => string.Join(',', d.Tensor.Shape)))}";
        if (!compiled.TryGetValue(key, out StackedPrograms? forms))
        {
            compiled[key] = forms = new StackedPrograms(program, phase, task, algorithm.TasksPerBatch, device);
        }

        return forms;
    }
}
