using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// CAVIA (Zintgraf et al. 2019, algorithm 1): adaptation moves a context vector that the network reads, from 0; the outer loop learns everything else
/// through those steps. The context itself is not learned.
/// </summary>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop, which adapts the context alone.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class Cavia(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Exact;

    /// <inheritdoc/>
    public override bool IsFixed(int learned) => Inner.Adapted.Contains(learned);

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        // The context starts as a constant 0, so its gradient is 0 and it stays there.
        T[] start = [.. learned.Select((value, i) => IsFixed(i) ? tape.Detach(value) : value)];
        T[] phi = Inner.Run(tape, start, task.SupportX, task.SupportY, Steps, InnerFlow.Exact);
        T loss = QueryLoss(tape, task, phi);
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }
}
