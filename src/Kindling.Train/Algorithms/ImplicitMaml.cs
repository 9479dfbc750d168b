using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// iMAML (Rajeswaran et al. 2019, equations 3 to 6): adaptation descends L(phi) + lambda / 2 |phi - theta|^2; at its minimum the meta-gradient is
/// (I + H / lambda)^-1 grad L_query(phi), H being the Hessian of the support loss there, with that of a weight decay. It is solved for by conjugate
/// gradients on Hessian-vector products, so that nothing of the way to phi has to be kept.
/// </summary>
/// <remarks>
/// The gradient is that of the minimum: as exact as the inner steps come near it, and as the conjugate gradients solve. Parameters that do not adapt get the
/// gradient at phi alone (their way through the adaptation is left out).
/// </remarks>
internal sealed class ImplicitMaml(Objective objective, InnerLoop inner, Recipe recipe)
    : MetaAlgorithm(objective, inner, recipe.Inner.Steps)
{
    private readonly int solves = recipe.Algorithm.ConjugateSteps;
    private readonly ParameterSpec[] adapted = [.. inner.Adapted.Select(i => objective.Network.Parameters[i])];
    private readonly Graph dot = Dot([.. inner.Adapted.Select(i => objective.Network.Parameters[i])]);
    private readonly Graph begin = Begin([.. inner.Adapted.Select(i => objective.Network.Parameters[i])]);
    private readonly Graph advance = Advance(
        [.. inner.Adapted.Select(i => objective.Network.Parameters[i])],
        recipe.Inner.Proximal,
        recipe.Inner.WeightDecay
    );

    /// <inheritdoc/>
    public override GradientKind Kind => GradientKind.Direction;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        T[] phi = Inner.Run(tape, learned, task.SupportX, task.SupportY, Steps, InnerFlow.None);
        T loss = QueryLoss(tape, task, phi);
        T[] gradient = tape.Gradients(loss, phi, differentiable: false);
        T[] right = [.. Inner.Adapted.Select(i => gradient[i])];
        T[] solved = Solve(tape, task, phi, right);
        for (int a = 0; a < solved.Length; a++)
        {
            gradient[Inner.Adapted[a]] = solved[a];
        }

        return (gradient, loss);
    }

    private T[] Solve<T>(ITape<T> tape, TaskValues<T> task, T[] phi, T[] right)
    {
        int n = adapted.Length;
        T[] moving = [.. Inner.Adapted.Select(i => phi[i])];
        T support = Objective.SupportLoss(tape, task.SupportX, task.SupportY, phi);
        T[] slope = tape.Gradients(support, moving, differentiable: true);
        // x = 0, r = right, p = r, |r|^2
        T[] state = tape.Run(begin, right);
        for (int k = 0; k < solves; k++)
        {
            T[] p = [.. state.Skip(2 * n).Take(n).Select(tape.Detach)];
            T product = tape.Run(dot, [.. slope, .. p])[0];
            // the graph of the slope is needed again by the next product
            T[] curved = [.. tape.Gradients(product, moving, differentiable: true).Select(tape.Detach)];
            state = [.. tape.Run(advance, [.. state, .. curved]).Select(tape.Detach)];
        }

        return state[..n];
    }

    private static Value Inner2(GraphBuilder b, Value[] left, Value[] right) =>
        left.Zip(right, (l, r) => b.ReduceSum(b.Mul(l, r), keepDims: false)).Aggregate(b.Add);

    private static Graph Dot(ParameterSpec[] parameters)
    {
        GraphBuilder b = new("dot");
        _ = b.Output(Inner2(b, ParameterGraphs.Declare(b, parameters, ".left"), ParameterGraphs.Declare(b, parameters, ".right")));
        return b.Graph;
    }

    private static Graph Begin(ParameterSpec[] parameters)
    {
        GraphBuilder b = new("begin");
        Value[] right = ParameterGraphs.Declare(b, parameters);
        foreach (
            Value value in right
                .Select(r => b.Mul(r, 0))
                .Concat(right.Select(r => b.Identity(r)))
                .Concat(right.Select(r => b.Identity(r)))
                .Append(Inner2(b, right, right))
                .ToArray()
        )
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }

    // A p = p + (H + w) p / lambda, w being the weight decay
    // alpha = |r|^2 / p A p; x' = x + alpha p; r' = r - alpha A p; p' = r' + |r'|^2 / |r|^2 p; where r is 0 already nothing moves
    private static Graph Advance(ParameterSpec[] parameters, double lambda, double decay)
    {
        GraphBuilder b = new("advance");
        Value[] x = ParameterGraphs.Declare(b, parameters, ".x");
        Value[] r = ParameterGraphs.Declare(b, parameters, ".r");
        Value[] p = ParameterGraphs.Declare(b, parameters, ".p");
        Value square = b.Parameter("square");
        Value[] curved = ParameterGraphs.Declare(b, parameters, ".curved");
        Value[] image = [.. p.Zip(curved, (v, h) => b.Add(decay == 0 ? v : b.Mul(v, 1 + (decay / lambda)), b.Mul(h, 1 / lambda)))];
        Value alpha = b.Div(square, b.Add(Inner2(b, p, image), 1e-30));
        Value[] nextX = [.. x.Zip(p, (v, d) => b.Add(v, b.Mul(d, alpha)))];
        Value[] nextR = [.. r.Zip(image, (v, d) => b.Sub(v, b.Mul(d, alpha)))];
        Value nextSquare = Inner2(b, nextR, nextR);
        Value beta = b.Div(nextSquare, b.Add(square, 1e-30));
        Value[] nextP = [.. nextR.Zip(p, (v, d) => b.Add(v, b.Mul(d, beta)))];
        foreach (Value value in nextX.Concat(nextR).Concat(nextP).Append(nextSquare))
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }
}
