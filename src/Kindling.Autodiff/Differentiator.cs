using Kindling.Autodiff.Rules;
using Kindling.Graphs;

namespace Kindling.Autodiff;

/// <summary>
/// Reverse-mode differentiation from graph to graph: appends the backward pass to the graph it is given, in operators of ai.onnx 17 alone.
/// Differentiating a graph that already holds a backward pass gives derivatives of second and higher order.
/// </summary>
public static class Differentiator
{
    /// <summary>Appends the gradients of a scalar.</summary>
    /// <param name="b">Builder of the graph that holds all values given.</param>
    /// <param name="scalarLoss">What is differentiated: one element, or any shape if there is a seed.</param>
    /// <param name="wrt">Values to differentiate by: inputs or results of nodes, of a float type.</param>
    /// <param name="seed">The gradient of <paramref name="scalarLoss"/>, of its shape; 1 if absent.</param>
    /// <param name="constants">Values that no gradient passes, though their nodes have rules.</param>
    /// <returns>For each of <paramref name="wrt"/> the gradient, of its type and shape; zeros where the loss does not depend on it.</returns>
    /// <exception cref="GraphException">An operator on the way has no rule, or a shape is known too little.</exception>
    public static IReadOnlyList<Value> Gradients(
        GraphBuilder b,
        Value scalarLoss,
        IReadOnlyList<Value> wrt,
        Value? seed = null,
        IReadOnlySet<Value>? constants = null
    )
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(scalarLoss);
        ArgumentNullException.ThrowIfNull(wrt);
        if (wrt.FirstOrDefault(v => !v.Type.IsFloat()) is { } wrong)
        {
            throw new GraphException($"Value '{wrong.Name}' of type {wrong.Type} has no gradient: only float types have.");
        }

        // Everything that depends on one of wrt through differentiable operators.
        Node[] nodes = [.. b.Graph.Nodes];
        HashSet<Value> dependent = [.. wrt];
        foreach (Node node in nodes)
        {
            if (!VjpRules.NonDifferentiable.Contains(node.OpType) && node.Inputs.Any(v => v is not null && dependent.Contains(v)))
            {
                dependent.UnionWith(node.Outputs.OfType<Value>().Where(v => v.Type.IsFloat() && constants?.Contains(v) != true));
            }
        }

        Dictionary<Value, Value> gradients = new() { [scalarLoss] = Seed(b, scalarLoss, seed) };
        void Accumulate(VjpContext context, IReadOnlyList<Value?> inputs, IReadOnlyList<Value?> parts)
        {
            for (int i = 0; i < parts.Count; i++)
            {
                if (parts[i] is { } gradient && inputs[i] is { } input && dependent.Contains(input))
                {
                    gradient = InShape(context, gradient, input);
                    gradients[input] = gradients.TryGetValue(input, out Value? sum) ? b.Add(sum, gradient) : gradient;
                }
            }
        }

        foreach (Node node in nodes.Reverse())
        {
            // a constant may be one of wrt, and then it has a gradient, which goes no further all the same
            Value?[] given =
            [
                .. node.Outputs.Select(v => v is null || constants?.Contains(v) == true ? null : gradients.GetValueOrDefault(v)),
            ];
            VjpContext context = new(b, node, given, dependent.Contains);
            if (Composites.DueAt(node) is { } composite)
            {
                Value?[] upstream = [.. composite.Results.Select(r => dependent.Contains(r) ? gradients.GetValueOrDefault(r) : null)];
                if (upstream.Any(g => g is not null) && composite.Operands.Any(dependent.Contains))
                {
                    Accumulate(context, composite.Operands, composite.Gradient(b, upstream));
                }

                continue;
            }

            if (
                Composites.Covers(node)
                || Array.TrueForAll(given, g => g is null)
                || !node.Outputs.Any(v => v is not null && dependent.Contains(v))
                || !node.Inputs.Any(v => v is not null && dependent.Contains(v))
            )
            {
                continue;
            }

            if (
                CentredScale.EndingAt(node) is { } normalization
                && !normalization.Inner.Any(v => wrt.Contains(v) || constants?.Contains(v) == true)
                && normalization.Gradients(context) is { } parts
            )
            {
                Accumulate(context, normalization.Inputs, parts);
                continue;
            }

            IReadOnlyList<Value?> results = VjpRules.Get(node)(context);
            Accumulate(context, node.Inputs, results);
        }

        return [.. wrt.Select(v => gradients.TryGetValue(v, out Value? g) ? g : VjpContext.ZerosLike(b, v))];
    }

    /// <summary>What happens to a gradient at an operator of the standard domain.</summary>
    public static GradientSupport Support(string opType) =>
        opType == "Constant" || VjpRules.NonDifferentiable.Contains(opType) ? GradientSupport.Stops
        : VjpRules.Names.Contains(opType) ? GradientSupport.Rule
        : GradientSupport.None;

    private static Value Seed(GraphBuilder b, Value loss, Value? seed)
    {
        if (seed is not null)
        {
            return seed.Type == loss.Type && seed.Shape.Equals(loss.Shape)
                ? seed
                : throw new GraphException($"The seed must be like {loss}, got {seed}.");
        }

        if (!loss.Shape.ElementCount.Is(1) || !loss.Type.IsFloat())
        {
            throw new GraphException($"Gradients are those of one element of a float type, got {loss}; give a seed for any other shape.");
        }

        Value one = b.ScalarLike(loss, 1);
        return loss.Rank == 0 ? one : b.Reshape(one, loss.Shape.ToSizes());
    }

    // A rule may know less of a shape than the input itself tells: the symbols of the input are put back.
    private static Value InShape(VjpContext c, Value gradient, Value input)
    {
        if (gradient.Type != input.Type || gradient.Rank != input.Rank)
        {
            throw c.Fail($"the rule gave {gradient} for {input}");
        }

        if (gradient.Shape.Zip(input.Shape).Any(p => p.First.IsKnown && p.Second.IsKnown && p.First != p.Second))
        {
            throw c.Fail($"the rule gave {gradient} for {input}");
        }

        return c.ReshapeLike(gradient, input);
    }
}
