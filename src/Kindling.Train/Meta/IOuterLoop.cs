using Kindling.Bundles;
using Kindling.Train.Engines;
using Kindling.Train.Ranks;

namespace Kindling.Train.Meta;

/// <summary>Parameters under the outer optimiser.</summary>
internal interface IOuterLoop : IDisposable
{
    /// <summary>Finished iterations.</summary>
    int Iteration { get; }

    /// <summary>The parameters now; an iteration replaces the tensors and does not write to them.</summary>
    IReadOnlyList<FloatTensor> Parameters { get; }

    /// <summary>One iteration: the mean gradient of the recipe's batch, and a step against it; as often as the recipe has passes, on the same data.</summary>
    /// <param name="draw">
    /// The data of a task of an iteration: (iteration, task). Called from several threads, and on a device for the next iteration beside this one: there it reads no
    /// <see cref="Parameters"/>, which are the stepping thread's alone.
    /// </param>
    /// <returns>Mean loss, of the last pass.</returns>
    float Step(Func<int, int, IReadOnlyList<TaskInput>> draw);

    /// <summary>Gives all processes that train together the state of process 0.</summary>
    void Share();

    /// <summary>Makes sure that all processes that train together have the same state.</summary>
    /// <exception cref="RanksDifferException">They do not; thrown in all of them.</exception>
    void Compare();

    /// <summary>Everything that the next iterations depend on, by name.</summary>
    Dictionary<string, FloatTensor> Snapshot();

    /// <summary>Goes back to a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    void Restore(IReadOnlyDictionary<string, FloatTensor> state, int iteration);
}
