using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Lets a matrix product add what is added to it: Gemm(a, b) + c is Gemm(a, b, c), so that the product is not written and read again. The gradient of a
/// product in second order is full of such sums.
/// </summary>
public static class ProductSums
{
    /// <summary>The graph with these sums in the products: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> shared =
        [
            .. graph.Outputs,
            .. graph.Nodes.SelectMany(n => n.Inputs.OfType<Value>()).GroupBy(v => v).Where(g => g.Count() > 1).Select(g => g.Key),
        ];
        Dictionary<Node, Node> products = graph
            .Nodes.Where(n => n.OpType == "Add")
            .Select(add => (Add: add, Product: Product(add, shared)))
            .Where(sum => sum.Product is not null)
            .ToDictionary(sum => sum.Add, sum => sum.Product!);
        HashSet<Node> late = [.. products.Values];
        foreach (Node node in graph.Nodes.Where(n => !late.Contains(n)))
        {
            if (products.TryGetValue(node, out Node? product))
            {
                Value addend = node.Inputs.First(v => v!.Producer != product)!;
                Value sum = rewriter.Target.Op(
                    "Gemm",
                    product.Inputs.Take(2).Append(addend).Select(v => rewriter.Map(v!)),
                    product.Attributes.All.Select(a => (a.Key, (object?)a.Value))
                );
                rewriter.Replace(node.Output, sum);
            }
            else
            {
                rewriter.Copy(node);
            }
        }

        return rewriter.Finish(nameof(ProductSums));
    }

    // The product that a node adds to, if nothing else needs it.
    private static Node? Product(Node add, HashSet<Value> shared) =>
        add
            .Inputs.Select(v => v!.Producer)
            .FirstOrDefault(p =>
                p is { OpType: "Gemm" }
                && p.Input(2) is null
                && !shared.Contains(p.Output)
                && p.Attributes.Float("beta", 1) == 1
                && add.Inputs.All(v => v!.Shape.IsKnown && v.Shape.Equals(p.Output.Shape))
            );
}
