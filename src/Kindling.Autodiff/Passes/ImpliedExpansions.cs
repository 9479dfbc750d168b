using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Takes what an Expand expands instead of its result, where the operator at hand broadcasts and has another input of the full shape. The gradients of
/// reductions are full of them. Same numbers to the bit.
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
        foreach (Node node in graph.Nodes)
        {
            Value?[] inputs = [.. node.Inputs];
            for (int i = 0; i < inputs.Length && Broadcasting.Contains(node.OpType); i++)
            {
                if (Expanded(inputs[i]) is { } source && HasFullShape(inputs, i, node.Outputs[0]!))
                {
                    inputs[i] = source;
                }
            }

            rewriter.Copy(node, inputs.Select(v => v is null ? null : rewriter.Map(v)));
        }

        Graph result = rewriter.Finish(nameof(ImpliedExpansions));
        foreach ((Node before, Node after) in graph.Nodes.Zip(result.Nodes))
        {
            if (!before.Outputs.Zip(after.Outputs).All(pair => pair.First is null || pair.First.Shape.Equals(pair.Second!.Shape)))
            {
                throw new GraphException($"Pass {nameof(ImpliedExpansions)}: node {before} became {after}, of another shape.");
            }
        }

        return result;
    }

    private static Value? Expanded(Value? value) => value?.Producer is { OpType: "Expand" } expand ? expand.Inputs[0] : null;

    private static bool HasFullShape(Value?[] inputs, int besides, Value output) =>
        inputs.Where((v, i) => i != besides && v is not null && v.Shape.Equals(output.Shape)).Any();
}
