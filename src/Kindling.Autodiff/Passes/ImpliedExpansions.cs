using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Takes what an Expand expands instead of its result, where the operator at hand broadcasts and has another input of the full shape; arithmetic of an
/// expanded value and a number is done before the expansion. The gradients of reductions are full of both. Same numbers to the bit.
/// </summary>
public static class ImpliedExpansions
{
    private static readonly HashSet<string> Broadcasting = new(StringComparer.Ordinal)
    {
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "Min",
        "Max",
        "Greater",
        "Less",
        "Equal",
        "Where",
    };

    /// <summary>The graph without such expansions; those that nothing else uses are dead.</summary>
    /// <exception cref="GraphException">The result is not what the pass promises.</exception>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> outputs = [.. graph.Outputs];
        foreach (Node node in graph.Nodes)
        {
            Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : rewriter.Map(v))];
            if (!Broadcasting.Contains(node.OpType))
            {
                rewriter.Copy(node, inputs);
            }
            else if (!outputs.Contains(node.Output) && OfNumber(inputs) is { } expand)
            {
                Value early = rewriter.Target.Op(node.OpType, inputs.Select(v => v == expand.Output ? expand.Inputs[0] : v));
                rewriter.Replace(node.Output, rewriter.Target.Expand(early, expand.Inputs[1]!));
            }
            else
            {
                // one after the other: of two that are expanded, one has to stay
                for (int i = 0; i < inputs.Length; i++)
                {
                    inputs[i] = HasFullShape(inputs, i, node.Output) ? Expansion(inputs[i])?.Inputs[0] ?? inputs[i] : inputs[i];
                }

                rewriter.Copy(node, inputs);
            }

            if (node.Outputs.FirstOrDefault(v => v is not null && !v.Shape.Equals(rewriter.Map(v).Shape)) is { } changed)
            {
                throw new GraphException($"Pass {nameof(ImpliedExpansions)}: {changed} became {rewriter.Map(changed)}.");
            }
        }

        return rewriter.Finish(nameof(ImpliedExpansions));
    }

    // The Expand of one of two inputs, where the other is a number. Sizes that only run time knows are named after their node, so that another Expand would
    // give others.
    private static Node? OfNumber(Value?[] inputs)
    {
        Node? expand =
            inputs.Length != 2 ? null
            : inputs[0]!.Rank == 0 ? Expansion(inputs[1])
            : inputs[1]!.Rank == 0 ? Expansion(inputs[0])
            : null;
        return expand?.Inputs[1]!.KnownElements is null ? null : expand;
    }

    private static Node? Expansion(Value? value) => value?.Producer is { OpType: "Expand" } expand ? expand : null;

    private static bool HasFullShape(Value?[] inputs, int besides, Value output) =>
        inputs.Where((v, i) => i != besides && v is not null && v.Shape.Equals(output.Shape)).Any();
}
