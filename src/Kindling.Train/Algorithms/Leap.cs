using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// Leap (Flennerhag et al. 2019, equations 4 to 7 and algorithm 1): adaptation is a path of points (loss, parameters), one for each update; the initialisation
/// moves so that the path gets shorter while it leads to the same places. Each piece of the path has the length of (f(k + 1) - f(k), theta(k + 1) - theta(k));
/// its end stays where it is, its beginning is pulled towards it, and the Jacobian of a path's point by its beginning is taken as the identity. So the pull is made
/// of the losses and gradients that adaptation computes anyway: sum over k of (|f(k + 1) - f(k)| grad f(k) + theta(k) - theta(k + 1)) / length(k).
/// Where a step goes uphill, the loss at its end counts as if it had gone down as much (the paper's stabiliser): hence the absolute value.
/// </summary>
/// <remarks>
/// Losses are those of the examples that each update reads, so with <c>inner.batch</c> f changes from point to point, as in the paper; the query loss is
/// reported only. Lengths are Euclidean, not squared (the paper's p = 1).
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class Leap(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly LeapPull pull = new(objective, [.. Enumerable.Range(0, objective.Network.Parameters.Count)]);

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        (IReadOnlyList<Waypoint<T>> path, T[] end) = Inner.Walk(tape, learned, task.SupportX, task.SupportY, Steps, pull.Of);
        return (pull.Along(tape, path, end), QueryLoss(tape, task, end));
    }
}
