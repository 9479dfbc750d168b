using Kindling.Autodiff.Rules;
using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Writes convolutions of small images as what they are computed by: a gather of what each window sees and a matrix product (im2col, Chellapilla et al.
/// 2006). To be run before <see cref="Differentiator"/>: the gradients are then products as well, and what is gathered serves both. Larger ones stay as they
/// are, since their columns outgrow the caches; unless every one is asked for, because products have a form for many tasks (<see cref="Vectorizer"/>).
/// </summary>
public static class ConvolutionLowering
{
    /// <summary>Most elements of an example's columns. Measured: beyond, ONNX Runtime's own convolution is faster.</summary>
    internal const long MostColumnElements = 1 << 17;

    /// <summary>The graph with such convolutions lowered: same inputs, same outputs, same names of these.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="every">Whether large ones are lowered as well, and those with few channels.</param>
    public static Graph Run(Graph graph, bool every = false)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> outputs = [.. graph.Outputs];
        foreach (Node node in graph.Nodes)
        {
            if (node.OpType == "Conv" && !outputs.Contains(node.Output) && Lowered(node, every) is { } window)
            {
                GraphBuilder b = rewriter.Target;
                Value?[] inputs = [.. node.Inputs.Select(v => v is null ? null : rewriter.Map(v))];
                Value columns = window.Columns(b, inputs[0]!);
                Value? bias = inputs.Length > 2 ? inputs[2] : null;
                Value rows = IsDepthwise(node)
                    ? window.DepthwiseProduct(b, columns, inputs[1]!, bias)
                    : window.Product(b, columns, inputs[1]!, bias);
                rewriter.Replace(node.Output, window.Images(b, rows));
            }
            else
            {
                rewriter.Copy(node);
            }
        }

        return rewriter.Finish(nameof(ConvolutionLowering));
    }

    private static Window? Lowered(Node node, bool every)
    {
        (Value x, Value w) = (node.Inputs[0]!, node.Inputs[1]!);
        bool grouped = node.Attributes.Int("group", 1) != 1;
        if ((grouped && !(every && IsDepthwise(node))) || !w.Shape.IsKnown || !Window.IsKnown(x, node.Output))
        {
            return null;
        }

        Window window = Window.Of(node, x, node.Output, [.. w.Shape.Skip(2).Select(d => d.Size)]);
        // the gradient of the columns is gathered only where few windows overlap
        return (every ? x.Shape[1].IsKnown : window.HasColumns(x, MostColumnElements)) && window.Overlap <= VjpRules.MostUses
            ? window
            : null;
    }

    // Each channel by itself: no product of matrices, so that its own convolution is the fastest wherever that will do.
    private static bool IsDepthwise(Node node)
    {
        long groups = node.Attributes.Int("group", 1);
        return groups > 1 && node.Inputs[0]!.Shape[1].Is(groups) && node.Inputs[1]!.Shape[0].Is(groups);
    }
}
