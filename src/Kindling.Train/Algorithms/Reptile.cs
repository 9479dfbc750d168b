using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// Reptile (Nichol, Achiam and Schulman 2018, algorithm 2): the initialisation moves towards the adapted parameters. The way back, theta - phi, stands in
/// place of a gradient; no second derivative and no query set is needed. The query loss is reported.
/// </summary>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class Reptile(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly Graph difference = Difference(objective.Network.Parameters);

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        T[] phi = Inner.Run(tape, learned, task.SupportX, task.SupportY, Steps, InnerFlow.None);
        return (tape.Run(difference, [.. learned, .. phi]), QueryLoss(tape, task, phi));
    }

    private static Graph Difference(IReadOnlyList<ParameterSpec> parameters)
    {
        GraphBuilder b = new("difference");
        Value[] before = ParameterGraphs.Declare(b, parameters);
        Value[] after = ParameterGraphs.Declare(b, parameters, ".adapted");
        foreach ((Value a, Value c) in before.Zip(after))
        {
            _ = b.Output(b.Sub(a, c));
        }

        return b.Graph;
    }
}
