using Kindling.Graphs;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// WarpGrad (Flennerhag et al. 2020, equations 8 and 10): warp layers stay fixed in adaptation and bend its gradients; they learn from every point of the
/// adaptation path, which counts as given: sum over k of L_query(theta(k) - a grad L_support(theta(k); w); w), by w. The initialisation of all other
/// parameters follows <see cref="Leap"/>, as in the paper's longer adaptations.
/// </summary>
/// <remarks>
/// Departure: the points are those of the iteration's own path, not drawn from a buffer of earlier ones (the paper's online variant, its algorithm 1). The
/// step behind each of them begins a new inner loop there: momentum and moments are those of a first step.
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop, which adapts all but the warp layers.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class WarpGrad(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly Leap leap = new(objective, inner, steps);
    private readonly Graph mean = Mean(steps);

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        List<T[]> path = Walk(tape, learned, task);
        T[] warp = tape.Gradients(WarpLoss(tape, learned, path, task), learned, differentiable: false);
        T[] pull = tape.Gradients(leap.Length(tape, learned, path, task), learned, differentiable: false);
        return ([.. learned.Select((_, i) => Inner.Adapted.Contains(i) ? pull[i] : warp[i])], QueryLoss(tape, task, path[^1]));
    }

    /// <summary>The mean query loss one step behind each point of a path of constants, by the warp layers.</summary>
    internal T WarpLoss<T>(ITape<T> tape, IReadOnlyList<T> learned, IReadOnlyList<T[]> path, TaskValues<T> task)
    {
        T[] losses = new T[Steps];
        for (int k = 0; k < Steps; k++)
        {
            T[] point = [.. learned.Select((value, i) => Inner.Adapted.Contains(i) ? path[k][i] : value)];
            T[] next = Inner.Run(tape, point, task.SupportX, task.SupportY, 1, InnerFlow.Exact);
            losses[k] = QueryLoss(tape, task, next);
        }

        return tape.Run(mean, losses)[0];
    }
}
