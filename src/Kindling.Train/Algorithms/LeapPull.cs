using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>What <see cref="Leap"/> asks of a path: the gradient of its length by where it begins.</summary>
internal sealed class LeapPull
{
    private readonly Objective objective;
    private readonly Graph piece;
    private readonly Graph sum;

    /// <summary>The pull on some of the parameters.</summary>
    /// <param name="objective">The losses.</param>
    /// <param name="of">Their positions; waypoints have to carry the gradients by them.</param>
    public LeapPull(Objective objective, IReadOnlyList<int> of)
    {
        this.objective = objective;
        Of = of;
        ParameterSpec[] pulled = [.. of.Select(i => objective.Network.Parameters[i])];
        piece = Piece(pulled);
        sum = ParameterGraphs.Sum(pulled);
    }

    /// <summary>Positions of the parameters that are pulled.</summary>
    public IReadOnlyList<int> Of { get; }

    /// <summary>The gradient of a path's length.</summary>
    /// <param name="tape">Where it is computed.</param>
    /// <param name="path">The points, one for each update.</param>
    /// <param name="end">The adapted parameters.</param>
    /// <returns>A gradient for each of <see cref="Of"/>.</returns>
    public T[] Along<T>(ITape<T> tape, IReadOnlyList<Waypoint<T>> path, T[] end)
    {
        // the loss at the end is of the examples that the update there would read: the first ones of the support set
        T last = tape.Scoped(() => [tape.Detach(objective.SupportLoss(tape, path[0].X, path[0].Y, end))])[0];
        T[] pull = [];
        for (int k = 0; k < path.Count; k++)
        {
            (T after, T[] to) = k + 1 < path.Count ? (path[k + 1].Loss, path[k + 1].Parameters) : (last, end);
            pull = tape.Scoped(() =>
            {
                T[] found = tape.Run(piece, [path[k].Loss, after, .. Pulled(path[k].Parameters), .. Pulled(to), .. path[k].Gradient]);
                return Array.ConvertAll(pull.Length == 0 ? found : tape.Run(sum, [.. pull, .. found]), tape.Detach);
            });
        }

        return pull;
    }

    private IEnumerable<T> Pulled<T>(T[] parameters) => Of.Select(i => parameters[i]);

    // d/d from of sqrt(fall^2 + |to - from|^2), where fall has the slope of the loss at its beginning
    private static Graph Piece(ParameterSpec[] pulled)
    {
        GraphBuilder b = new("piece");
        Value before = b.Parameter("before");
        Value after = b.Parameter("after");
        Value[] from = ParameterGraphs.Declare(b, pulled, ".from");
        Value[] to = ParameterGraphs.Declare(b, pulled, ".to");
        Value[] gradient = ParameterGraphs.Declare(b, pulled, ".gradient");
        Value fall = b.Abs(b.Sub(before, after));
        Value[] back = [.. from.Zip(to, b.Sub)];
        Value square = back.Select(way => b.ReduceSumSquare(way, keepDims: false)).Aggregate(b.Mul(fall, fall), b.Add);
        Value length = b.Sqrt(b.Add(square, 1e-12));
        for (int i = 0; i < back.Length; i++)
        {
            _ = b.Output(b.Div(b.Add(b.Mul(gradient[i], fall), back[i]), length));
        }

        return b.Graph;
    }
}
