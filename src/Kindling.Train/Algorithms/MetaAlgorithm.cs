using Kindling.Graphs;
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
    private readonly Constants constants = new([.. objective.Network.Parameters, .. inner.Rates], p => p.IsFixed);

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Learned { get; } = [.. objective.Network.Parameters, .. inner.Rates];

    /// <summary>What the gradient is that a task gives.</summary>
    public abstract GradientKind Kind { get; }

    /// <summary>What the gradient is that goes through the inner steps: exact, or, where the first of them are cut off, with those of first order.</summary>
    protected GradientKind ThroughSteps => inner.IsExact(steps) ? GradientKind.Exact : GradientKind.ConstantInner;

    protected Objective Objective => objective;

    protected InnerLoop Inner => inner;

    protected int Steps => steps;

    /// <inheritdoc/>
    public virtual Phase At(int iteration) => Phase.Only;

    /// <inheritdoc/>
    public (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, IReadOnlyList<T> data, T? weights)
    {
        (T[] gradient, T loss) = Trace(tape, phase, constants.Start(tape, learned), TaskValues<T>.Of(data), weights);
        constants.Silence(tape, learned, gradient);
        return (gradient, loss);
    }

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

    /// <summary>The gradient, through all inner steps, of an outer loss at the adapted parameters.</summary>
    protected (T[] Gradient, T Loss) Through<T>(
        ITape<T> tape,
        IReadOnlyList<T> learned,
        TaskValues<T> task,
        Func<IReadOnlyList<T>, T> outer
    )
    {
        if (inner.Recomputes)
        {
            int last = steps * UpdatesPerStep(tape, task);
            return inner.Gradient(tape, learned, task.SupportX, task.SupportY, steps, (u, phi) => u == last ? outer(phi) : default);
        }

        T loss = outer(inner.Run(tape, learned, task.SupportX, task.SupportY, steps, InnerFlow.Exact));
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }

    /// <summary>Updates that a step makes of a task's support set.</summary>
    protected int UpdatesPerStep<T>(ITape<T> tape, TaskValues<T> task) => inner.UpdatesPerStep(tape.Rows(task.SupportX));

    /// <summary>The mean of a number of losses.</summary>
    protected static Graph Mean(int losses)
    {
        GraphBuilder b = new("mean");
        Value sum = Enumerable.Range(0, losses).Select(k => b.Parameter($"loss{k}")).ToArray().Aggregate(b.Add);
        _ = b.Output(b.Mul(sum, 1.0 / losses));
        return b.Graph;
    }

    /// <summary>Of the mean losses over support and query set, the one over all examples.</summary>
    protected static Graph Pooled(int support, int query)
    {
        GraphBuilder b = new("pooled");
        double all = support + query;
        _ = b.Output(b.Add(b.Mul(b.Parameter("support"), support / all), b.Mul(b.Parameter("query"), query / all)));
        return b.Graph;
    }

    /// <summary>What one of a number of losses is of their mean.</summary>
    protected static Graph Share(int losses)
    {
        GraphBuilder b = new("share");
        _ = b.Output(b.Mul(b.Parameter("loss"), 1.0 / losses));
        return b.Graph;
    }
}
