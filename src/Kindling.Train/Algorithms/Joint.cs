using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// Joint pre-training: one network for the points of all tasks pooled, which then takes the same inner steps as the others. A yardstick, and often hard to
/// beat. For regressions: the classes of an episode mean something else in every other, and the joint baseline of a training has a head of its own for them.
/// </summary>
internal sealed class Joint : MetaAlgorithm
{
    private readonly Graph pooled;

    public Joint(Objective objective, InnerLoop inner, int steps, int support, int query)
        : base(objective, inner, steps)
    {
        if (objective.IsClassification || objective.Loss == InnerLosses.Detection)
        {
            throw new BundleException(
                "algorithm.type: joint pools tasks as they are, and the classes of an episode mean something else in every other; train a meta-learner, whose joint baseline has a head for all classes."
            );
        }

        pooled = Pooled(support, query);
    }

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Exact;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        T support = Objective.OuterLoss(tape, task.SupportX, task.SupportY, learned);
        T query = Objective.OuterLoss(tape, task.QueryX, task.QueryY, learned);
        T loss = tape.Run(pooled, support, query)[0];
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }
}
