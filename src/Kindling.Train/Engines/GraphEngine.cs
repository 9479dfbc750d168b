using System.Collections.Concurrent;
using Kindling.Bundles;
using Kindling.Train.Algorithms;

namespace Kindling.Train.Engines;

/// <summary>
/// Runs a program on ONNX Runtime: the whole of it, gradients included, is compiled into one graph. Dense networks compute many tasks in one run, each with
/// parameters of its own along a first dimension; convolutional ones one task a run, and a run a thread.
/// </summary>
/// <remarks>How many tasks a run takes depends on nothing but their number, so that the number of threads changes no bit.</remarks>
internal sealed class GraphEngine(IMetaProgram program, int threads) : IMetaEngine
{
    private const int LargestStack = 16;
    private readonly ConcurrentDictionary<string, Lazy<CompiledProgram>> compiled = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Run(Phase phase, IReadOnlyList<FloatTensor> learned, Func<int, IReadOnlyList<TaskInput>> draw, TaskGradients results)
    {
        int tasks = results.Losses.Length;
        using SharedInputs shared = new(learned, phase.Weights);
        int runs = (tasks + LargestStack - 1) / LargestStack;
        int stack = (tasks + runs - 1) / runs;
        IReadOnlyList<TaskInput> first = draw(0);
        CompiledProgram form = Compiled(phase, first, stack);
        (int firstRun, int end) = results.Take(form.Stack);
        OneByOne.For(
            firstRun,
            end,
            threads,
            run =>
            {
                int from = run * form.Stack;
                IReadOnlyList<TaskInput>[] data =
                [
                    // the last run is filled up with its last task again, whose results are not read
                    .. Enumerable
                        .Range(from, form.Stack)
                        .Select(t => Math.Min(t, tasks - 1))
                        .Distinct()
                        .Select(t => t == 0 ? first : draw(t)),
                ];
                form.Run(shared, data, results, from);
            }
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<CompiledProgram> form in compiled.Values.Where(f => f.IsValueCreated))
        {
            form.Value.Dispose();
        }
    }

    private CompiledProgram Compiled(Phase phase, IReadOnlyList<TaskInput> task, int stack)
    {
        string shapes = string.Join(';', task.Select(d => string.Join(',', d.Tensor.Shape)));
        return compiled
            .GetOrAdd(
                $"{phase.Variant} {phase.Weights.Length} {shapes} {stack}",
                _ => new(() => CompiledProgram.Create(program, phase, task, stack))
            )
            .Value;
    }
}
