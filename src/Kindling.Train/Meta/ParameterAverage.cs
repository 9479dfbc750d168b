using Kindling.Bundles;
using Kindling.Networks;

namespace Kindling.Train.Meta;

/// <summary>
/// The mean of the last validated parameters (latest weight averaging: Kaddour 2022; there of checkpoints, here of validations). Training itself goes
/// on from the last ones. Means are summed in double precision from the oldest, so they are the same bits whenever they are formed.
/// </summary>
/// <param name="count">How many at most; 1 takes the last ones as they are.</param>
internal sealed class ParameterAverage(int count)
{
    private readonly Queue<IReadOnlyList<FloatTensor>> last = new();

    /// <summary>Takes parameters in.</summary>
    /// <returns>The mean of the last ones, these among them.</returns>
    public IReadOnlyList<FloatTensor> Add(IReadOnlyList<FloatTensor> parameters)
    {
        last.Enqueue(parameters);
        if (last.Count > count)
        {
            _ = last.Dequeue();
        }

        return last.Count == 1 ? parameters : [.. parameters.Select((p, i) => Mean(p.Shape, [.. last.Select(l => l[i].Values)]))];
    }

    /// <summary>Puts what the next mean depends on into a snapshot.</summary>
    public void Save(Dictionary<string, FloatTensor> state, IReadOnlyList<ParameterSpec> specs)
    {
        foreach ((int age, IReadOnlyList<FloatTensor> parameters) in last.Index().Where(_ => count > 1))
        {
            for (int i = 0; i < specs.Count; i++)
            {
                state[Name(age, specs[i])] = parameters[i];
            }
        }
    }

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public void Restore(IReadOnlyDictionary<string, FloatTensor> state, IReadOnlyList<ParameterSpec> specs)
    {
        last.Clear();
        while (state.ContainsKey(Name(last.Count, specs[0])))
        {
            last.Enqueue([.. specs.Select(p => OuterState.Tensor(state, Name(last.Count, p), p))]);
        }
    }

    private static string Name(int age, ParameterSpec parameter) => $"average.{age}.{parameter.Name}";

    private static FloatTensor Mean(IReadOnlyList<int> shape, float[][] values)
    {
        float[] mean = new float[values[0].Length];
        for (int i = 0; i < mean.Length; i++)
        {
            double sum = 0;
            foreach (float[] one in values)
            {
                sum += one[i];
            }

            mean[i] = (float)(sum / values.Length);
        }

        return new FloatTensor([.. shape], mean);
    }
}
