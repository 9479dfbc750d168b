using Kindling.Autodiff;
using Kindling.Graphs;

namespace Kindling.Recipes;

/// <summary>The update of one inner step as a graph, the same in training and in the app: pull to the start, clipping, optimiser.</summary>
public static class InnerUpdate
{
    // keeps the slope of the root finite where all gradients are 0
    private const double NormEpsilon = 1e-12;

    /// <summary>Appends the update.</summary>
    /// <param name="b">Where to append.</param>
    /// <param name="spec">The rule.</param>
    /// <param name="parameters">The adapted parameters.</param>
    /// <param name="gradients">A gradient for each.</param>
    /// <param name="anchors">Where adaptation started, for each; none where the rule does not pull.</param>
    /// <param name="rates">A rate for each: a scalar, or of the parameter's shape.</param>
    /// <param name="state">The optimiser's state.</param>
    public static OptimizerStep Append(
        GraphBuilder b,
        InnerSpec spec,
        IReadOnlyList<Value> parameters,
        IReadOnlyList<Value> gradients,
        IReadOnlyList<Value> anchors,
        IReadOnlyList<Value> rates,
        IReadOnlyList<Value> state
    )
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Proximal != 0)
        {
            gradients = [.. gradients.Select((g, i) => b.Add(g, b.Mul(b.Sub(parameters[i], anchors[i]), spec.Proximal)))];
        }

        if (spec.ClipNorm != 0)
        {
            Value square = gradients.Select(g => b.ReduceSumSquare(g, keepDims: false)).Aggregate(b.Add);
            Value norm = b.Sqrt(b.Add(square, NormEpsilon));
            Value factor = b.Min(b.Div(b.ScalarLike(norm, spec.ClipNorm), norm), b.ScalarLike(norm, 1));
            gradients = [.. gradients.Select(g => b.Mul(g, factor))];
        }

        return Optimizers.Apply(b, spec.Rule(), parameters, gradients, rates, state);
    }
}
