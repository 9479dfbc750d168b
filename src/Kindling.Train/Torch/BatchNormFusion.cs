using Kindling.Graphs;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kindling.Train.Torch;

/// <summary>
/// Finds batch normalisation in a graph, where it stands as the eleven operators that define it, and runs it as libtorch's one. The values are
/// the same up to rounding; first and second derivatives take a fraction of the operations.
/// </summary>
/// <remarks>
/// y = (x - mean) * (scale / sqrt(variance + epsilon)) + shift, mean and variance over all axes but 1. A normalisation whose mean or variance
/// is used elsewhere (statistics that a support set leaves behind) stays as it is.
/// </remarks>
internal sealed class BatchNormFusion
{
    private readonly Dictionary<Value, int> uses = [];
    private readonly HashSet<Node> replaced = [];
    private readonly Dictionary<Node, Match> matches = [];

    public BatchNormFusion(Graph graph)
    {
        foreach (Value value in graph.Nodes.SelectMany(n => n.Inputs).OfType<Value>().Concat(graph.Outputs))
        {
            uses[value] = uses.GetValueOrDefault(value) + 1;
        }

        foreach (Node node in graph.Nodes.Where(n => n.OpType == "Add"))
        {
            if (Find(node) is { } match)
            {
                matches[node] = match;
                replaced.UnionWith(match.Inner);
            }
        }
    }

    /// <summary>Whether the node is part of a normalisation that runs as one.</summary>
    public bool Replaces(Node node) => replaced.Contains(node);

    /// <summary>If the node ends a normalisation: what it reads, and how it runs.</summary>
    public (IReadOnlyList<Value?> Inputs, Func<Tensor?[], Tensor[]> Run)? At(Node node) =>
        matches.TryGetValue(node, out Match? match) ? (match.Inputs, i => [Run(i[0]!, i[1]!, i[2]!, match.Epsilon)]) : null;

    private static Tensor Run(Tensor x, Tensor scale, Tensor shift, double epsilon)
    {
        // libtorch wants somewhere to write running statistics; nobody reads them.
        using Tensor mean = zeros_like(scale, requires_grad: false);
        using Tensor variance = zeros_like(scale, requires_grad: false);
        return F.batch_norm(x, mean, variance, scale, shift, training: true, momentum: 0, eps: epsilon);
    }

    private Match? Find(Node add)
    {
        if (
            Producer(add.Input(0), "Mul") is not { } scaled
            || Producer(add.Input(1), "Reshape") is not { } shift
            || Producer(scaled.Input(1), "Div") is not { } factor
            || Producer(factor.Input(0), "Reshape") is not { } scale
            || Producer(factor.Input(1), "Sqrt") is not { } root
            || Producer(root.Input(0), "Add") is not { } sum
            || Producer(sum.Input(0), "ReduceMean") is not { } variance
            || Producer(variance.Input(0), "Mul") is not { } square
            || scaled.Input(0)?.Producer is not { OpType: "Sub" } difference
            || square.Input(0) != difference.Output
            || square.Input(1) != difference.Output
            || uses[difference.Output] != 3
            || Producer(difference.Input(1), "ReduceMean") is not { } mean
            || mean.Input(0) != difference.Input(0)
            || sum.Input(1)?.Constant is not { Type: ElementType.Float, Count: 1 } epsilon
        )
        {
            return null;
        }

        Value x = difference.Input(0)!;
        long[] axes = [0, .. Enumerable.Range(2, Math.Max(0, x.Rank - 2)).Select(a => (long)a)];
        bool isPerChannel =
            IsVector(scale) && IsVector(shift) && IsOver(mean, axes) && IsOver(variance, axes) && scale.Output.Shape[1].Equals(x.Shape[1]);
        return isPerChannel
            ? new Match(
                [x, scale.Inputs[0]!, shift.Inputs[0]!],
                BitConverter.ToSingle(epsilon.Bytes),
                [scaled, shift, factor, scale, root, sum, variance, square, difference, mean]
            )
            : null;
    }

    // Only a value that nothing else reads may vanish.
    private Node? Producer(Value? value, string op) => value?.Producer is { } node && node.OpType == op && uses[value] == 1 ? node : null;

    private static bool IsVector(Node reshape) =>
        reshape.Inputs[0]!.Rank == 1 && reshape.Output.Rank > 1 && reshape.Output.Shape[1].Equals(reshape.Inputs[0]!.Shape[0]);

    private static bool IsOver(Node reduction, long[] axes) =>
        reduction.Attributes.Ints("axes") is { } given && given.SequenceEqual(axes) && reduction.Attributes.Int("keepdims", 1) == 1;

    private sealed record Match(IReadOnlyList<Value> Inputs, double Epsilon, IReadOnlyList<Node> Inner);
}
