using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Computes when the graph is built what needs no data: integer values that follow from known shapes, arithmetic of constant float scalars; and
/// leaves out what changes nothing: x + 0, x - 0, x * 1, x / 1, two Neg, a permutation and its inverse, Identity, Cast, Reshape and Expand to what
/// x is already; of two Reshape in a row the last remains, where that tells the same sizes. Dead nodes may be left over: <see cref="DeadCode"/> takes them out.
/// </summary>
public static class ConstantFolding
{
    /// <summary>The graph with these nodes folded.</summary>
    /// <exception cref="GraphException">The result is not what the pass promises.</exception>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        HashSet<Value> outputs = [.. graph.Outputs];
        foreach (Node node in graph.Nodes)
        {
            // An output keeps its node, and with it its name.
            if (node.Outputs.Count != 1 || outputs.Contains(node.Output))
            {
                rewriter.Copy(node);
            }
            else if (Known(node, rewriter) is { } constant)
            {
                rewriter.Replace(node.Output, constant);
            }
            else if (Same(node) is { } same)
            {
                Value by = rewriter.Map(same);
                if (by.Type != node.Output.Type || by.Rank != node.Output.Rank)
                {
                    throw new GraphException($"Pass {nameof(ConstantFolding)}: node {node} gives {node.Output}, which is not {same}.");
                }

                rewriter.Replace(node.Output, by);
            }
            else if (node.OpType == "Mul" && Negated(node) is { } negated)
            {
                Value number = rewriter.Target.Constant(Tensor.Scalar(-negated.Number));
                rewriter.Replace(node.Output, rewriter.Target.Mul(rewriter.Map(negated.Value), number));
            }
            else if (node.OpType == "Reshape" && Source(node) is { } source)
            {
                rewriter.Copy(node, [rewriter.Map(source), rewriter.Map(node.Inputs[1]!)]);
            }
            else
            {
                rewriter.Copy(node);
            }
        }

        return rewriter.Finish(nameof(ConstantFolding));
    }

    // The contents of the node's output, if they are known; inputs that have been folded count.
    private static Tensor? Known(Node node, Rewriter rewriter)
    {
        Value y = node.Output;
        if (y.Type == ElementType.Int64 && y.Rank <= 1 && y.KnownElements is { } elements && elements.All(d => d.IsKnown))
        {
            return Tensor.Of<long>([.. elements.Select(d => d.Size)], y.Rank == 0 ? [] : [elements.Count]);
        }

        float[] x =
        [
            .. node
                .Inputs.Select(v => v?.Producer is null ? v?.Constant : rewriter.Map(v).Constant)
                .Where(t => t is { Type: ElementType.Float, Sizes.Count: 0 })
                .Select(t => t!.AsSpan<float>()[0]),
        ];
        if (y.Type != ElementType.Float || x.Length != node.Inputs.Count)
        {
            return null;
        }

        float? result = (node.OpType, x.Length) switch
        {
            ("Add", 2) => x[0] + x[1],
            ("Sub", 2) => x[0] - x[1],
            ("Mul", 2) => x[0] * x[1],
            ("Div", 2) => x[0] / x[1],
            ("Neg", 1) => -x[0],
            _ => null,
        };
        return result is { } number ? Tensor.Scalar(number) : null;
    }

    // The earlier value that the node's output equals, if there is one.
    private static Value? Same(Node node)
    {
        Value? x = node.Input(0);
        switch (node.OpType)
        {
            case "Identity":
                return x;
            case "Cast":
                return x!.Type == node.Output.Type ? x : null;
            case "Add":
                return Operand(node, 0, 0) ?? Operand(node, 1, 0);
            case "Mul":
                return Operand(node, 0, 1) ?? Operand(node, 1, 1);
            case "Sub":
                return Operand(node, 0, 0);
            case "Div":
                return Operand(node, 0, 1);
            case "Neg":
                return x!.Producer is { OpType: "Neg" } inner ? inner.Input(0) : null;
            // equal symbols are one size, so equal shapes are equal at run time
            case "Reshape" or "Expand" or "Flatten":
                return x!.Shape.Equals(node.Output.Shape) ? x : null;
            case "Transpose":
                return x!.Producer is { OpType: "Transpose" } first && IsIdentity(Compose(Perm(first), Perm(node))) ? first.Input(0) : null;
            default:
                return null;
        }
    }

    // Operand i, if the other one is a constant of neutral elements only and does not widen the shape.
    private static Value? Operand(Node node, int i, float neutral)
    {
        Value x = node.Inputs[i]!;
        return
            node.Inputs[1 - i]!.Constant is { Type: ElementType.Float } other
            && x.Shape.Equals(node.Output.Shape)
            && !other.AsSpan<float>().ContainsAnyExcept(neutral)
            ? x
            : null;
    }

    // x and c of (-x) * c with a constant number c.
    private static (Value Value, float Number)? Negated(Node node)
    {
        Value? negated = node.Inputs.FirstOrDefault(v => v?.Producer?.OpType == "Neg");
        Tensor? number = node.Inputs.FirstOrDefault(v => v != negated)?.Constant;
        return negated is not null && number is { Type: ElementType.Float, Sizes.Count: 0 }
            ? (negated.Producer!.Inputs[0]!, number.AsSpan<float>()[0])
            : null;
    }

    // The input of a Reshape before this one, unless this one copies sizes of what lies between, or its -1 is told by those only.
    private static Value? Source(Node node)
    {
        long[]? sizes = node.Input(1)!.Constant?.ToInt64();
        return
            node.Input(0)!.Producer is { OpType: "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" } first
            && (node.Attributes.Int("allowzero", 0) != 0 || sizes?.Contains(0) == false)
            && (sizes?.Contains(-1) != true || first.Input(0)!.Shape.ElementCount == node.Input(0)!.Shape.ElementCount)
            ? first.Input(0)
            : null;
    }

    private static long[] Perm(Node node) =>
        node.Attributes.Ints("perm", [.. Enumerable.Range(0, node.Output.Rank).Reverse().Select(i => (long)i)]);

    private static long[] Compose(long[] first, long[] second) => [.. second.Select(i => first[i])];

    private static bool IsIdentity(long[] perm) => perm.Select((p, i) => p == i).All(same => same);
}
