using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Writes the gradient of Relu, a selection between a value and 0, as a product with 0 or 1: a third of the time in ONNX Runtime, whose selection goes three times
/// over its operands. An infinite value where the selection says 0 becomes NaN, so this is for training, which stops at either.
/// </summary>
public static class MaskProducts
{
    /// <summary>The graph with these selections as products: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> outputs = [.. graph.Outputs];
        Dictionary<Value, Value> factors = [];
        foreach (Node node in graph.Nodes)
        {
            if (
                node.OpType == "Where"
                && !outputs.Contains(node.Output)
                && node.Inputs[0] is { Producer: { OpType: "Cast" } cast } mask
                && cast.Inputs[0]!.Producer?.OpType == "Relu"
                && IsZero(node.Inputs[2]!)
            )
            {
                if (!factors.TryGetValue(mask, out Value? factor))
                {
                    factors[mask] = factor = rewriter.Target.Cast(rewriter.Map(mask), node.Output.Type);
                }

                rewriter.Replace(node.Output, rewriter.Target.Mul(rewriter.Map(node.Inputs[1]!), factor));
            }
            else
            {
                rewriter.Copy(node);
            }
        }

        return rewriter.Finish(nameof(MaskProducts));
    }

    private static bool IsZero(Value value) =>
        value.Rank == 0 && value.Constant is { Type: ElementType.Float } zero && BitConverter.ToSingle(zero.Bytes) == 0;
}
