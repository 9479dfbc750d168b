using System.Numerics.Tensors;
using Kindling.Networks;

namespace Kindling.Train.Engines;

/// <summary>
/// The gradients and losses of an iteration's tasks, in memory that is used again in the next. They are summed over one fixed binary tree of task numbers,
/// so that the result is bit-equal whatever the number of threads.
/// </summary>
internal sealed class TaskGradients
{
    private readonly Memory<float>[][] tasks;

    /// <summary>Room for a number of tasks.</summary>
    public TaskGradients(IReadOnlyList<ParameterSpec> learned, int count)
    {
        Losses = new float[count];
        tasks = new Memory<float>[count][];
        int total = learned.Sum(p => p.Count);
        for (int t = 0; t < count; t++)
        {
            // pinned, because an engine may let native code write there
            float[] all = GC.AllocateUninitializedArray<float>(total, pinned: true);
            int from = 0;
            tasks[t] = [.. learned.Select(p => all.AsMemory((from += p.Count) - p.Count, p.Count))];
        }
    }

    /// <summary>Each task's loss.</summary>
    public float[] Losses { get; }

    /// <summary>A task's gradient, one piece for each learned tensor.</summary>
    public IReadOnlyList<Memory<float>> this[int task] => tasks[task];

    /// <summary>The mean of all tasks; what the tasks held is gone after that.</summary>
    public IReadOnlyList<Memory<float>> Mean()
    {
        Add(0, tasks.Length);
        foreach (Memory<float> sum in tasks[0])
        {
            TensorPrimitives.Divide(sum.Span, tasks.Length, sum.Span);
        }

        return tasks[0];
    }

    private void Add(int from, int to)
    {
        if (to - from < 2)
        {
            return;
        }

        int middle = from + ((to - from) / 2);
        Add(from, middle);
        Add(middle, to);
        foreach ((Memory<float> sum, Memory<float> other) in tasks[from].Zip(tasks[middle]))
        {
            TensorPrimitives.Add(sum.Span, other.Span, sum.Span);
        }
    }
}
