using Kindling.Graphs;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>No meta-learning: the initialisation stays as it was drawn, and takes the same inner steps. A yardstick.</summary>
internal sealed class Untrained(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly Graph[] nothing = [.. objective.Network.Parameters.Select(Constants.Nothing)];

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        T[] phi = Inner.Run(tape, learned, task.SupportX, task.SupportY, Steps, InnerFlow.None);
        return ([.. learned.Select((value, i) => tape.Run(nothing[i], value)[0])], QueryLoss(tape, task, phi));
    }
}
