using Kindling.Bundles;
using Kindling.Train.Engines;

namespace Kindling.Train.Meta;

/// <summary>Parameters under the outer optimiser.</summary>
internal interface IOuterLoop : IDisposable
{
    /// <summary>Finished iterations.</summary>
    int Iteration { get; }

    /// <summary>The parameters now; an iteration replaces the tensors and does not write to them.</summary>
    IReadOnlyList<FloatTensor> Parameters { get; }

    /// <summary>One iteration: the mean gradient of the recipe's batch, and a step against it.</summary>
    /// <param name="draw">The data of a task of an iteration: (iteration, task); called from several threads, and for the next iteration as well.</param>
    /// <returns>Mean loss.</returns>
    float Step(Func<int, int, IReadOnlyList<TaskInput>> draw);

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    Dictionary<string, FloatTensor> Snapshot();

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration);
}
