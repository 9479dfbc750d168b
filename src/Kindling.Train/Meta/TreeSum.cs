using System.Numerics.Tensors;

namespace Kindling.Train.Meta;

/// <summary>
/// Sums gradients of tasks over one fixed binary tree of task numbers, so that the result is bit-equal whatever the number of threads.
/// </summary>
internal static class TreeSum
{
    /// <summary>The sum of all tasks' arrays; the arrays are overwritten.</summary>
    public static float[][] InPlace(float[][][] tasks)
    {
        Add(tasks, 0, tasks.Length);
        return tasks[0];
    }

    private static void Add(float[][][] tasks, int from, int to)
    {
        if (to - from < 2)
        {
            return;
        }

        int middle = from + ((to - from) / 2);
        Add(tasks, from, middle);
        Add(tasks, middle, to);
        for (int p = 0; p < tasks[from].Length; p++)
        {
            TensorPrimitives.Add(tasks[from][p], tasks[middle][p], tasks[from][p]);
        }
    }
}
