using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Writes sums and means of rows, that is over all axes but the last one, as the product of a row of equal weights with them: a third of the time in ONNX
/// Runtime. The statistics of a normalisation and their gradients are such sums where channels are last.
/// </summary>
public static class RowProducts
{
    /// <summary>Fewest elements of a reduction. Measured: of fewer, both ways take as long.</summary>
    internal const long LeastElements = 1 << 12;

    /// <summary>The graph with these reductions as products: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> outputs = [.. graph.Outputs];
        Dictionary<(float Weight, int Rows), Value> weights = [];
        foreach (Node node in graph.Nodes)
        {
            if (!outputs.Contains(node.Output) && Rows(node) is { } rows)
            {
                GraphBuilder b = rewriter.Target;
                float weight = node.OpType == "ReduceMean" ? 1f / rows : 1;
                if (!weights.TryGetValue((weight, rows), out Value? row))
                {
                    row = b.Constant(Tensor.Of<float>([.. Enumerable.Repeat(weight, rows)], 1, rows));
                    weights.Add((weight, rows), row);
                }

                Value product = b.Gemm(row, b.Reshape(rewriter.Map(node.Inputs[0]!), rows, -1));
                rewriter.Replace(node.Output, b.Reshape(product, [.. node.Output.Shape.ToSizes()]));
            }
            else
            {
                rewriter.Copy(node);
            }
        }

        return rewriter.Finish(nameof(RowProducts));
    }

    // How many rows a node adds up, if it does that.
    private static int? Rows(Node node)
    {
        Value x = node.Inputs[0]!;
        if (
            node.OpType is not ("ReduceMean" or "ReduceSum")
            || x.Type != ElementType.Float
            || x.Rank < 2
            || !x.Shape.IsKnown
            || (node.Input(1) is { } given && given.Constant is null)
        )
        {
            return null;
        }

        IEnumerable<long> axes = ReductionOps.Axes(node, x.Rank, node.Input(1)?.Constant!.ToInt64());
        long[] sizes = x.Shape.ToSizes();
        long rows = sizes.SkipLast(1).Aggregate(1L, (product, size) => product * size);
        return
            rows > 1
            && rows * sizes[^1] >= LeastElements
            && axes.Select(a => a < 0 ? a + x.Rank : a).Order().SequenceEqual(Enumerable.Range(0, x.Rank - 1).Select(i => (long)i))
            ? (int)rows
            : null;
    }
}
