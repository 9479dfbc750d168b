using Kindling.Graphs;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// WarpGrad (Flennerhag et al. 2020, equations 8 and 10): warp layers stay fixed in adaptation and bend its gradients; they learn from points of the
/// adaptation path, which count as given: mean over k of L_query(theta(k) - a grad L_support(theta(k); w); w), by w. The initialisation of all other
/// parameters follows <see cref="Leap"/>, as in the paper's longer adaptations.
/// </summary>
/// <remarks>
/// Departure: the points are those of the iteration's own path, not drawn from a buffer of earlier ones (the paper's online variant, its algorithm 1), and
/// where a step has several updates (<c>inner.batch</c>), they are one update of each step, step k's k-th, all around. The update behind each of them begins
/// a new inner loop there: momentum and moments are those of a first step.
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop, which adapts all but the warp layers.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class WarpGrad(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly int[] warp = [.. Enumerable.Range(0, objective.Network.Parameters.Count).Except(inner.Adapted)];
    private readonly Graph sum = ParameterGraphs.Sum(objective.Network.Parameters.Where((_, i) => !inner.Adapted.Contains(i)));
    private readonly Graph share = Share(steps);
    private readonly LeapPull leap = new(objective, inner.Adapted);

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        (IReadOnlyList<Waypoint<T>> path, T[] end) = Inner.Walk(tape, learned, task.SupportX, task.SupportY, Steps, leap.Of);
        T[] gradient = new T[learned.Count];
        T[] pull = leap.Along(tape, path, end);
        for (int i = 0; i < pull.Length; i++)
        {
            gradient[leap.Of[i]] = pull[i];
        }

        T[] bend = Bend(tape, learned, path, task);
        for (int i = 0; i < bend.Length; i++)
        {
            gradient[warp[i]] = bend[i];
        }

        return (gradient, QueryLoss(tape, task, end));
    }

    /// <summary>The query loss one update behind a point of a path, as the warp layers make it.</summary>
    internal T LossBehind<T>(ITape<T> tape, IReadOnlyList<T> learned, Waypoint<T> from, TaskValues<T> task)
    {
        T[] point = [.. learned.Select((value, i) => Inner.Adapted.Contains(i) ? from.Parameters[i] : value)];
        T[] next = Inner.Run(tape, point, from.X, from.Y, 1, InnerFlow.Exact);
        return QueryLoss(tape, task, next);
    }

    // The gradient of the mean of these losses by the warp layers.
    private T[] Bend<T>(ITape<T> tape, IReadOnlyList<T> learned, IReadOnlyList<Waypoint<T>> path, TaskValues<T> task)
    {
        int updates = path.Count / Steps;
        T[] bend = [];
        for (int k = 0; k < Steps; k++)
        {
            Waypoint<T> from = path[(k * updates) + (k % updates)];
            bend = tape.Scoped(() =>
            {
                T loss = tape.Run(share, LossBehind(tape, learned, from, task))[0];
                T[] found = tape.Gradients(loss, [.. warp.Select(i => learned[i])], differentiable: false);
                return bend.Length == 0 ? found : tape.Run(sum, [.. bend, .. found]);
            });
        }

        return bend;
    }
}
