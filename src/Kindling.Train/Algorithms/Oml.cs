using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// OML (Javed and White 2019, equation 2 and algorithm 2): the inner loop updates the prediction network, here the head, by one example of a trajectory after the
/// other; the loss after the last of them, over the whole trajectory and over data of its own, says how much of the first ones was forgotten, and the
/// representation learns from it through all the updates. ANML (Beaulieu et al. 2020, section 3) is the same with a network whose features a second one gates: that
/// one is learned here and stays as it is in the inner loop, which updates all the rest.
/// </summary>
/// <remarks>
/// Departures: the trajectory is the support set in its order (class after class, where there are classes) and the random data is the query set; the start of
/// the head is learned as well; an update may read several examples (<c>inner.batch</c>). For ANML, what
/// adapts in the app is what adapted in training (the paper then updates the head alone).
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop, which takes the support set in parts.</param>
/// <param name="recipe">Steps, each of which is once through the trajectory, and the number of examples.</param>
internal sealed class Oml(Objective objective, InnerLoop inner, Recipe recipe) : MetaAlgorithm(objective, inner, recipe.Inner.Steps)
{
    private readonly Graph pooled = Pooled(recipe.Tasks.ToShape());

    /// <inheritdoc/>
    public override GradientKind Kind => ThroughSteps;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        return Through(
            tape,
            learned,
            task,
            phi =>
            {
                T trajectory = Objective.OuterLoss(tape, task.SupportX, task.SupportY, phi);
                return tape.Run(pooled, trajectory, QueryLoss(tape, task, phi))[0];
            }
        );
    }

    private static Graph Pooled(EpisodeShape shape) => Pooled(shape.SupportCount, shape.QueryCount);
}
