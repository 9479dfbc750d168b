using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// Leap (Flennerhag et al. 2019, equations 4 to 7 and algorithm 1): adaptation is a path of points (loss, parameters); the initialisation moves so that the path
/// gets shorter while it leads to the same places. Each piece of the path has the length of (f(k + 1) - f(k), theta(k + 1) - theta(k)); its end stays where it
/// is, its beginning is pulled towards it, and the Jacobian of a path's point by its beginning is taken as the identity, so that memory does not grow with the
/// steps. Where a step goes uphill, the loss at its end counts as if it had gone down as much (the paper's stabiliser).
/// </summary>
/// <remarks>The losses are those of the support set; the query loss is reported only. Lengths are Euclidean, not squared (the paper's p = 1).</remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop.</param>
/// <param name="steps">Inner steps in training.</param>
internal sealed class Leap(Objective objective, InnerLoop inner, int steps) : MetaAlgorithm(objective, inner, steps)
{
    private readonly Graph shifted = Shifted(objective.Network.Parameters);
    private readonly Graph piece = Piece(objective.Network.Parameters);
    private readonly Graph sum = Sum(steps);

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        List<T[]> path = Walk(tape, learned, task);
        T length = Length(tape, learned, path, task);
        return (tape.Gradients(length, learned, differentiable: false), QueryLoss(tape, task, path[^1]));
    }

    /// <summary>The length of a path of constants whose pieces' beginnings move with the initialisation.</summary>
    internal T Length<T>(ITape<T> tape, IReadOnlyList<T> learned, IReadOnlyList<T[]> path, TaskValues<T> task)
    {
        T[] losses = [.. path.Select(point => tape.Detach(Objective.SupportLoss(tape, task.SupportX, task.SupportY, point)))];
        T[] pieces = new T[path.Count - 1];
        for (int k = 0; k < pieces.Length; k++)
        {
            // theta + (theta(k) - theta(0)): the path's point, which moves as the initialisation does
            T[] from = tape.Run(shifted, [.. learned, .. path[k], .. path[0]]);
            T loss = Objective.SupportLoss(tape, task.SupportX, task.SupportY, from);
            pieces[k] = tape.Run(piece, [loss, losses[k], losses[k + 1], .. from, .. path[k + 1]])[0];
        }

        return tape.Run(sum, pieces)[0];
    }

    private static Graph Shifted(IReadOnlyList<ParameterSpec> parameters)
    {
        GraphBuilder b = new("shifted");
        Value[] start = Declare(b, parameters);
        Value[] point = Declare(b, parameters, ".point");
        Value[] origin = Declare(b, parameters, ".origin");
        for (int i = 0; i < start.Length; i++)
        {
            _ = b.Output(b.Add(start[i], b.Sub(point[i], origin[i])));
        }

        return b.Graph;
    }

    // sqrt((f - end of f)^2 + |from - to|^2), the end of f being below f as it was when the path was walked
    private static Graph Piece(IReadOnlyList<ParameterSpec> parameters)
    {
        GraphBuilder b = new("piece");
        Value loss = b.Parameter("loss");
        Value before = b.Parameter("before");
        Value after = b.Parameter("after");
        Value[] from = Declare(b, parameters, ".from");
        Value[] to = Declare(b, parameters, ".to");
        Value fall = b.Sub(loss, b.Sub(before, b.Abs(b.Sub(before, after))));
        Value square = from.Zip(to, (a, c) => b.ReduceSumSquare(b.Sub(a, c), keepDims: false)).Aggregate(b.Mul(fall, fall), b.Add);
        _ = b.Output(b.Sqrt(b.Add(square, 1e-12)));
        return b.Graph;
    }

    private static Graph Sum(int steps)
    {
        GraphBuilder b = new("sum");
        _ = b.Output(b.Identity(Enumerable.Range(0, steps).Select(k => b.Parameter($"piece{k}")).ToArray().Aggregate(b.Add)));
        return b.Graph;
    }
}
