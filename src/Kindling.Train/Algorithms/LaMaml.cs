using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// La-MAML (Gupta, Yadav and Paull 2020, algorithm 1): the inner loop takes the examples of a stream one after the other, at a learned rate for every element of
/// every parameter; after each update the loss over these examples and replayed ones counts. The rates a take the gradient's step first, a -= h grad_a L, and then
/// are the steps of the parameters themselves, th -= max(0, a) grad_th L (<c>algorithm.outerOptimizer</c> <c>rates</c>).
/// </summary>
/// <remarks>
/// Departures: the examples of the stream are the support set in its order, and the replayed ones, which the paper draws from a buffer of earlier ones, are the
/// query set, which covers all that the support set does; tasks of a batch share an outer step; losses are averaged over the updates, not summed; and rates stop at
/// 0 where the paper lets them pass below and reads max(0, a), so that a rate that has come to 0 can rise again and an app needs no clipping.
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop, which takes the support set in parts.</param>
/// <param name="recipe">Steps, parts and the number of examples.</param>
internal sealed class LaMaml(Objective objective, InnerLoop inner, Recipe recipe) : MetaAlgorithm(objective, inner, recipe.Inner.Steps)
{
    private readonly Graph pooled = Pooled(recipe.Tasks.ToShape().SupportCount, recipe.Tasks.ToShape().QueryCount);
    private readonly Graph mean = Mean(recipe.Inner.Steps * recipe.Inner.UpdatesPerStep(recipe.Tasks.ToShape().SupportCount));
    private readonly Graph share = Share(recipe.Inner.Steps * recipe.Inner.UpdatesPerStep(recipe.Tasks.ToShape().SupportCount));

    /// <inheritdoc/>
    public override GradientKind Kind => ThroughSteps;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        if (Inner.Recomputes)
        {
            return Inner.Gradient(
                tape,
                learned,
                task.SupportX,
                task.SupportY,
                Steps,
                (_, phi) => tape.Run(share, LossOf(tape, task, phi))[0]
            );
        }

        List<T> losses = [];
        _ = Inner.Run(
            tape,
            learned,
            task.SupportX,
            task.SupportY,
            Steps,
            InnerFlow.Exact,
            updated: phi => losses.Add(LossOf(tape, task, [.. phi]))
        );
        T loss = tape.Run(mean, losses)[0];
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }

    // Of the stream's examples and the replayed ones.
    private T LossOf<T>(ITape<T> tape, TaskValues<T> task, IReadOnlyList<T> phi)
    {
        T stream = Objective.OuterLoss(tape, task.SupportX, task.SupportY, phi);
        return tape.Run(pooled, stream, QueryLoss(tape, task, phi))[0];
    }
}
