using Kindling.Bundles;
using Kindling.Train.Algorithms;

namespace Kindling.Train.Engines;

/// <summary>Computes what the tasks of an iteration say, several at a time.</summary>
internal interface IMetaEngine : IDisposable
{
    /// <summary>Fills in the gradient and the loss of every task that this process takes (<see cref="TaskGradients.Take"/>).</summary>
    /// <param name="phase">What the iteration asks of the algorithm.</param>
    /// <param name="learned">The learned tensors; they are read only.</param>
    /// <param name="draw">The data of task t; called from several threads.</param>
    /// <param name="results">Where gradients and losses go.</param>
    void Run(Phase phase, IReadOnlyList<FloatTensor> learned, Func<int, IReadOnlyList<TaskInput>> draw, TaskGradients results);
}
