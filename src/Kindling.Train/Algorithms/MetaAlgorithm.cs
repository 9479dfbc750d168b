using Kindling.Networks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>A meta-learner: what a task says about the meta-initialisation and everything learned beside it.</summary>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop.</param>
/// <param name="steps">Inner steps in training.</param>
internal abstract class MetaAlgorithm(Objective objective, InnerLoop inner, int steps) : IMetaProgram
{
    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Learned { get; } = [.. objective.Network.Parameters, .. inner.Rates];

    /// <summary>What the gradient is that a task gives.</summary>
    public abstract GradientKind Kind { get; }

    /// <summary>Whether a learned tensor is none: a constant that the network has among its parameters.</summary>
    public virtual bool IsFixed(int learned) => false;

    protected Objective Objective => objective;

    protected InnerLoop Inner => inner;

    protected int Steps => steps;

    /// <inheritdoc/>
    public virtual Phase At(int iteration) => Phase.Only;

    /// <inheritdoc/>
    public (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, IReadOnlyList<T> data, T? weights) =>
        Trace(tape, phase, learned, TaskValues<T>.Of(data), weights);

    /// <summary>The task's gradient and loss.</summary>
    protected abstract (T[] Gradient, T Loss) Trace<T>(
        ITape<T> tape,
        Phase phase,
        IReadOnlyList<T> learned,
        TaskValues<T> task,
        T? weights
    );

    /// <summary>The query loss at adapted parameters, under the statistics that the support set gives there.</summary>
    protected T QueryLoss<T>(ITape<T> tape, TaskValues<T> task, IReadOnlyList<T> phi)
    {
        T[] statistics = objective.Statistics(tape, task.SupportX, task.SupportY, phi);
        return objective.Query(tape, task.QueryX, task.QueryY, phi, statistics).Loss;
    }
}
