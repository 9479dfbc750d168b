using Kindling.Graphs;

namespace Kindling.Autodiff;

/// <summary>Optimisers as graphs: pure functions of (parameters, gradients, state, rates), differentiable like everything else.</summary>
public static class Optimizers
{
    private const float RootEpsilon = 1e-30f;

    /// <summary>
    /// Declares the state as inputs: <c>NAME.m</c> for every parameter, <c>NAME.v</c> for every parameter, then <c>step</c> (float scalar, finished
    /// steps, counted from 0), as far as the rule has them. All start as 0.
    /// </summary>
    public static IReadOnlyList<Value> DeclareState(GraphBuilder b, OptimizerRule rule, IReadOnlyList<Value> parameters)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(rule);
        List<Value> state = [];
        if (rule.HasFirstMoment)
        {
            state.AddRange(parameters.Select(p => b.Input(p.Name + ".m", p.Type, p.Shape)));
        }

        if (rule.HasSecondMoment)
        {
            state.AddRange(parameters.Select(p => b.Input(p.Name + ".v", p.Type, p.Shape)));
            state.Add(b.Input("step", ElementType.Float, Shape.Scalar));
        }

        return state;
    }

    /// <summary>One step.</summary>
    /// <param name="b">Where to append.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="parameters">Parameters.</param>
    /// <param name="gradients">A gradient of each parameter's shape.</param>
    /// <param name="rates">A learning rate for each: a scalar or of the parameter's shape.</param>
    /// <param name="state">The state in the order of <see cref="DeclareState"/>.</param>
    /// <exception cref="GraphException">The rule is unknown.</exception>
    public static OptimizerStep Apply(
        GraphBuilder b,
        OptimizerRule rule,
        IReadOnlyList<Value> parameters,
        IReadOnlyList<Value> gradients,
        IReadOnlyList<Value> rates,
        IReadOnlyList<Value> state
    )
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(rule);
        int n = parameters.Count;
        if (rule.WeightDecay != 0 && rule.Kind != "adamw")
        {
            // L2: g + w p
            gradients = [.. gradients.Select((g, i) => b.Add(g, b.Mul(parameters[i], rule.WeightDecay)))];
        }

        switch (rule.Kind)
        {
            // p' = p - a g
            case "sgd":
                return new([.. parameters.Select((p, i) => b.Sub(p, b.Mul(rates[i], gradients[i])))], []);

            // m' = mu m + g;  p' = p - a m'   (torch: the first step takes m' = g, which m = 0 gives)
            case "momentum":
            {
                Value[] m = [.. gradients.Select((g, i) => b.Add(b.Mul(state[i], rule.Momentum), g))];
                return new([.. parameters.Select((p, i) => b.Sub(p, b.Mul(rates[i], m[i])))], m);
            }

            // m' = b1 m + (1 - b1) g;  v' = b2 v + (1 - b2) g^2;  t' = t + 1
            // sqrt(v') is taken of v' + 1e-30: where a gradient is exactly 0 (a unit that no example switches on) the slope of the root would be
            // infinite and the meta-gradient 0 times infinity; 1e-15 beside eps changes no figure.
            // p' = p (1 - a w) - a (m' / (1 - b1^t')) / (sqrt(v') / sqrt(1 - b2^t') + eps);  w is the decoupled decay of adamw
            case "adam"
            or "adamw":
            {
                Value step = b.Add(state[2 * n], 1);
                Value correction1 = Correction(b, step, rule.Beta1);
                Value correction2 = b.Sqrt(Correction(b, step, rule.Beta2));
                Value[] m = [.. gradients.Select((g, i) => b.Add(b.Mul(state[i], rule.Beta1), b.Mul(g, 1 - rule.Beta1)))];
                Value[] v = [.. gradients.Select((g, i) => b.Add(b.Mul(state[n + i], rule.Beta2), b.Mul(b.Mul(g, g), 1 - rule.Beta2)))];
                Value Move(Value p, int i)
                {
                    Value decayed =
                        rule.Kind == "adamw" && rule.WeightDecay != 0 ? b.Sub(p, b.Mul(p, b.Mul(rates[i], rule.WeightDecay))) : p;
                    Value scale = b.Add(b.Div(b.Sqrt(b.Add(v[i], RootEpsilon)), correction2), rule.Epsilon);
                    return b.Sub(decayed, b.Mul(rates[i], b.Div(b.Div(m[i], correction1), scale)));
                }

                return new([.. parameters.Select(Move)], [.. m, .. v, step]);
            }

            default:
                throw new GraphException($"There is no optimiser '{rule.Kind}'; there are {string.Join(", ", OptimizerRule.Kinds)}.");
        }
    }

    // 1 - beta^t in double, as torch.optim computes it: in float it would lose half its digits at the first steps
    private static Value Correction(GraphBuilder b, Value step, double beta)
    {
        Value one = b.Constant(Tensor.Of<double>([1]));
        Value power = b.Pow(b.Constant(Tensor.Of<double>([beta])), b.Cast(step, ElementType.Double));
        return b.Cast(b.Sub(one, power), step.Type);
    }
}
