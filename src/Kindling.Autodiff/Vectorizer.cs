using System.Collections.Frozen;
using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff;

/// <summary>
/// Vectorising map: what a graph computes for one user, the copy computes for many at once, each with parameters and data of his own, stacked along a
/// new first dimension. As <c>vmap</c> of JAX (Bradbury et al. 2018), with one rule for each operator.
/// </summary>
/// <remarks>
/// To be applied before <see cref="Differentiator"/>: the gradient of the sum of all users' losses is everybody's own gradient. There are rules for what
/// dense networks, attention and losses consist of, and for pooling; convolutions have none, and want to be products first (<see cref="Passes.ConvolutionLowering"/>).
/// </remarks>
public static class Vectorizer
{
    private static readonly FrozenDictionary<string, Func<Call, Value>> Rules = new Dictionary<string, Func<Call, Value>>
    {
        ["Gemm"] = Gemm,
        ["MatMul"] = MatMul,
        ["Softmax"] = c => c.Same(c.Inputs, ("axis", c.Axis(-1))),
        ["LogSoftmax"] = c => c.Same(c.Inputs, ("axis", c.Axis(-1))),
        ["Gather"] = Gather,
        ["LayerNormalization"] = LayerNormalization,
        ["Concat"] = c => c.Same([.. c.Inputs.Select((v, i) => c.Many(i) ? v : c.Repeated(v!))], ("axis", c.Axis(0))),
        ["GatherElements"] = Elements,
        ["ScatterElements"] = Elements,
        ["Transpose"] = Transpose,
        ["Reshape"] = Reshape,
        ["Flatten"] = Flatten,
        ["Squeeze"] = c => c.Builder.Squeeze(c.Inputs[0]!, c.Axes(1)),
        ["Unsqueeze"] = c => c.Builder.Unsqueeze(c.Inputs[0]!, c.Axes(1, added: c.Integers(1).Length)),
        ["Pad"] = Pad,
        ["Slice"] = Slice,
        ["MaxPool"] = Pool,
        ["AveragePool"] = Pool,
        ["GlobalMaxPool"] = Pool,
        ["GlobalAveragePool"] = Pool,
        ["ReduceSum"] = Reduce,
        ["ReduceMean"] = Reduce,
        ["ReduceMax"] = Reduce,
        ["ReduceSumSquare"] = Reduce,
        ["ReduceLogSumExp"] = Reduce,
    }
        .Concat(
            "Identity Neg Abs Sqrt Reciprocal Exp Log Sin Cos Tanh Sigmoid Relu LeakyRelu Elu Softplus Erf Clip Cast Not Add Sub Mul Div Pow Min Max Greater Less Equal Where"
                .Split(' ')
                .Select(name => KeyValuePair.Create<string, Func<Call, Value>>(name, c => c.Same(c.Aligned())))
        )
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// Why a graph has no vectorised form: the operators without a rule, in a sentence; null when each has one. A rule may refuse a node all the same, which
    /// <see cref="Inline"/> tells, as it depends on what all users share.
    /// </summary>
    public static string? Fault(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        string[] missing =
        [
            .. graph
                .Nodes.Select(node => node.OpType)
                .Where(op => op != "Split" && !Rules.ContainsKey(op))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        return missing.Length == 0 ? null : $"There is no vectorising rule for {string.Join(", ", missing)}.";
    }

    /// <summary>Copies a graph's nodes into another, for many users.</summary>
    /// <param name="b">Where to append.</param>
    /// <param name="graph">What one user computes.</param>
    /// <param name="bindings">A value of <paramref name="b"/> for every input: of the input's shape where all users share it, or with one more first dimension.</param>
    /// <returns>The value for each value of the graph, by name; with one more first dimension where it depends on an input that has one.</returns>
    /// <exception cref="GraphException">An input has no binding, or a binding has another rank.</exception>
    /// <exception cref="UnvectorizableException">An operator has no rule, or its rule refuses the node; <paramref name="b"/> has the nodes before it.</exception>
    public static IReadOnlyDictionary<string, Value> Inline(GraphBuilder b, Graph graph, IReadOnlyDictionary<string, Value> bindings)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bindings);
        Dictionary<string, Value> map = new(StringComparer.Ordinal);
        foreach (Value input in graph.Inputs)
        {
            Value bound = bindings.TryGetValue(input.Name, out Value? value)
                ? value
                : throw new GraphException($"Graph '{graph.Name}': input '{input.Name}' has no binding.");
            map[input.Name] =
                bound.Rank == input.Rank || bound.Rank == input.Rank + 1
                    ? bound
                    : throw new GraphException($"Graph '{graph.Name}': input {input} cannot be {bound}: expected that rank or one more.");
        }

        foreach (Value constant in graph.Constants)
        {
            map[constant.Name] = b.Constant(constant.Constant!);
        }

        foreach (Node node in graph.Nodes)
        {
            Call call = new(b, node, map);
            if (node.OpType == "Split" || !call.IsMany)
            {
                IReadOnlyList<Value> results = call.All(call.Inputs, call.IsMany ? [("axis", call.Axis(0))] : []);
                for (int i = 0; i < results.Count; i++)
                {
                    if (node.Outputs[i] is { } output)
                    {
                        map[output.Name] = results[i];
                    }
                }

                continue;
            }

            map[node.Outputs[0]!.Name] = Rules.TryGetValue(node.OpType, out Func<Call, Value>? rule)
                ? rule(call)
                : throw new UnvectorizableException($"Node '{node.Name}': there is no vectorising rule for {node.OpType}.");
        }

        return map;
    }

    // alpha A' B' + beta C, with A' and B' transposed where the attributes say so
    private static Value Gemm(Call c)
    {
        Value Factor(int index, string flag) =>
            c.Node.Attributes.Int(flag, 0) == 0 ? c.Inputs[index]!
            : c.Many(index) ? c.Builder.Transpose(c.Inputs[index]!, 0, 2, 1)
            : c.Builder.Transpose(c.Inputs[index]!, 1, 0);
        Value Scaled(Value value, string name) =>
            c.Node.Attributes.Float(name, 1) is var factor && factor == 1 ? value : c.Builder.Mul(value, factor);
        Value product = Scaled(c.Builder.MatMul(Factor(0, "transA"), Factor(1, "transB")), "alpha");
        return c.Inputs.Count < 3 || c.Inputs[2] is null ? product : c.Builder.Add(product, Scaled(c.Aligned(2, rank: 2), "beta"));
    }

    private static Value MatMul(Call c) =>
        c.Rank(0) > 1 && c.Rank(1) > 1
            ? c.Same(c.Aligned())
            : throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for MatMul of matrices only, not of vectors."
            );

    private static Value Transpose(Call c)
    {
        long[] perm = c.Node.Attributes.Ints("perm") ?? [.. Enumerable.Range(0, c.Rank(0)).Reverse().Select(i => (long)i)];
        return c.Builder.Transpose(c.Inputs[0]!, [0, .. perm.Select(axis => axis + 1)]);
    }

    // The same places of everybody's elements; or each user's own places, of what all share or of his own: then those of all users lie behind each other.
    private static Value Gather(Call c)
    {
        if (!c.Many(1))
        {
            return c.Same(c.Inputs, ("axis", c.Axis(0)));
        }

        (Value x, Value indices) = (c.Inputs[0]!, c.Inputs[1]!);
        if (c.Node.Attributes.Int("axis", 0) != 0)
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for Gather at places of each user's own along axis 0 only."
            );
        }

        if (!c.Many(0))
        {
            return c.Same([x, indices]);
        }

        GraphBuilder b = c.Builder;
        Dimension size = x.Shape[1];
        if (!size.IsKnown || !x.Shape.Skip(2).All(d => d.IsKnown))
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for Gather of known sizes only, got {x.Shape}."
            );
        }

        (Value zero, Value one) = (b.Constant(Tensor.Scalar(0L)), b.Constant(Tensor.Scalar(1L)));
        Value first = x.Shape[0].IsKnown
            ? b.Ints([.. Enumerable.Range(0, (int)x.Shape[0].Size).Select(u => u * size.Size)])
            : b.Mul(b.Op("Range", [zero, b.Gather(b.ShapeOf(x), zero), one]), size.Size);
        Value own = b.Where(b.Less(indices, zero), b.Add(indices, size.Size), indices);
        Value places = b.Add(own, b.Reshape(first, [-1, .. Enumerable.Repeat(1L, indices.Rank - 1)]));
        return c.Same([b.Reshape(x, [-1, .. x.Shape.Skip(2).Select(d => d.Size)]), places]);
    }

    // normalised without scale and shift, which are each user's own
    private static Value LayerNormalization(Call c)
    {
        if (c.Node.Outputs.Count > 1)
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for LayerNormalization without statistics only."
            );
        }

        GraphBuilder b = c.Builder;
        int rank = c.Rank(0);
        Value scale = c.Aligned(1, rank);
        long axis = c.Node.Attributes.Int("axis", -1);
        Dimension[] normal = [.. c.Node.Inputs[0]!.Shape.Skip((int)(axis < 0 ? axis + rank : axis))];
        if (!Array.TrueForAll(normal, d => d.IsKnown))
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for LayerNormalization of known sizes only."
            );
        }

        long[] sizes = [.. normal.Select(d => d.Size)];
        float[] ones = [.. Enumerable.Repeat(1f, (int)sizes.Aggregate(1L, (a, n) => a * n))];
        Value unit = c.Same([c.Inputs[0], b.Constant(Tensor.Of<float>(ones, sizes))], ("axis", axis >= 0 && c.Many(0) ? axis + 1 : axis));
        Value scaled = b.Mul(unit, scale);
        return c.Inputs.Count < 3 || c.Inputs[2] is null ? scaled : b.Add(scaled, c.Aligned(2, rank));
    }

    // 0 keeps the size at its place: that of the users, and any other that the node keeps
    private static Value Elements(Call c) => c.Same(c.Inputs.Select((v, i) => c.Many(i) ? v : c.Repeated(v!)), ("axis", c.Axis(0)));

    private static Value Reshape(Call c) =>
        c.Node.Attributes.Int("allowzero", 0) == 0
            ? c.Builder.Reshape(c.Inputs[0]!, [0, .. c.Integers(1)])
            : throw new UnvectorizableException($"Node '{c.Node.Name}': there is no vectorising rule for Reshape with allowzero.");

    private static Value Flatten(Call c) =>
        c.Node.Attributes.Int("axis", 1) is var axis && (axis < 0 ? axis + c.Rank(0) : axis) == 1
            ? c.Builder.Reshape(c.Inputs[0]!, 0, 0, -1)
            : throw new UnvectorizableException($"Node '{c.Node.Name}': there is a vectorising rule for Flatten at axis 1 only.");

    // the same part of everybody's
    private static Value Slice(Call c)
    {
        if (c.Many(1) || c.Many(2))
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for Slice with the same places for all only."
            );
        }

        long[] axes = c.Node.Input(3) is null ? [.. Enumerable.Range(0, c.Integers(1).Length).Select(axis => (long)axis)] : c.Integers(3);
        Value shifted = c.Builder.Ints([.. axes.Select(axis => axis < 0 ? axis : axis + 1)]);
        return c.Same([.. c.Inputs.Take(3), shifted, .. c.Inputs.Skip(4)]);
    }

    // pads [begins, ends]: none for the users
    private static Value Pad(Call c)
    {
        if (c.Node.Input(2) is { Constant: null })
        {
            throw new UnvectorizableException($"Node '{c.Node.Name}': there is a vectorising rule for Pad with a constant value only.");
        }

        long[] pads = c.Integers(1);
        Value all = c.Builder.Ints([0, .. pads[..(pads.Length / 2)], 0, .. pads[(pads.Length / 2)..]]);
        return c.Same([c.Inputs[0], all, .. c.Inputs.Skip(2)]);
    }

    // examples are pooled one by one, whoever's they are: the users join the batch
    private static Value Pool(Call c)
    {
        Value x = c.Inputs[0]!;
        if (c.Node.Outputs.Count > 1 || !x.Shape.Skip(2).All(d => d.IsKnown))
        {
            throw new UnvectorizableException(
                $"Node '{c.Node.Name}': there is a vectorising rule for {c.Node.OpType} of known sizes and without indices only."
            );
        }

        GraphBuilder b = c.Builder;
        Value pooled = c.Same([b.Reshape(x, [-1, .. x.Shape.Skip(2).Select(d => d.Size)])]);
        long[] rest = [.. pooled.Shape.Skip(1).Select(d => d.Size)];
        return x.Shape[0].IsKnown
            ? b.Reshape(pooled, [x.Shape[0].Size, -1, .. rest])
            : b.Reshape(pooled, b.Concat(0, b.Slice(b.ShapeOf(x), b.Ints(0), b.Ints(2)), b.Ints(rest)));
    }

    private static Value Reduce(Call c)
    {
        long[] axes =
        [
            .. ReductionOps
                .Axes(c.Node, c.Rank(0), c.Node.Input(1) is null ? null : c.Integers(1))
                .Select(axis => axis < 0 ? axis : axis + 1),
        ];
        if (axes.Length == 0)
        {
            return c.Inputs[0]!;
        }

        bool keep = c.Node.Attributes.Int("keepdims", 1) != 0;
        return c.Node.OpType == "ReduceSum"
            ? c.Builder.ReduceSum(c.Inputs[0]!, axes, keep)
            : c.Builder.Op(c.Node.OpType, [c.Inputs[0]], ("axes", axes), ("keepdims", keep));
    }

    /// <summary>A node with its inputs in the copy.</summary>
    private sealed class Call(GraphBuilder b, Node node, Dictionary<string, Value> map)
    {
        public GraphBuilder Builder => b;

        public Node Node => node;

        public IReadOnlyList<Value?> Inputs { get; } = [.. node.Inputs.Select(v => v is null ? null : map[v.Name])];

        /// <summary>Whether any input is one of many users.</summary>
        public bool IsMany => Inputs.Where((_, i) => Many(i)).Any();

        /// <summary>Whether an input has the new first dimension.</summary>
        public bool Many(int index) => Inputs[index] is { } value && value.Rank > Rank(index);

        /// <summary>Rank of an input in the graph of one user.</summary>
        public int Rank(int index) => node.Inputs[index]!.Rank;

        /// <summary>The node itself with other inputs, and with attributes instead of its own of the same name.</summary>
        public Value Same(IEnumerable<Value?> inputs, params (string Name, object? Value)[] attributes) =>
            b.Ops(node.OpType, 1, inputs, Changed(attributes))[0];

        /// <summary>The same with all of its outputs.</summary>
        public IReadOnlyList<Value> All(IEnumerable<Value?> inputs, params (string Name, object? Value)[] attributes) =>
            b.Ops(node.OpType, node.Outputs.Count, inputs, Changed(attributes));

        private Attributes Changed((string Name, object? Value)[] attributes) =>
            new(
                node.Attributes.All.Where(own => attributes.All(a => a.Name != own.Key))
                    .Select(own => (own.Key, (object?)own.Value))
                    .Concat(attributes)
            );

        /// <summary>The inputs so that broadcasting, which aligns the last dimensions, meets those it met before.</summary>
        public IEnumerable<Value?> Aligned()
        {
            int rank = node.Inputs.Max(v => v?.Rank ?? 0);
            return Inputs.Select((v, i) => v is null ? null : Aligned(i, rank));
        }

        /// <summary>One input with as many dimensions after the first as the largest has.</summary>
        public Value Aligned(int index, int rank)
        {
            int missing = rank - Rank(index);
            return missing > 0 && Many(index)
                ? b.Unsqueeze(Inputs[index]!, [.. Enumerable.Range(1, missing).Select(i => (long)i)])
                : Inputs[index]!;
        }

        /// <summary>What all users share, once for each of them.</summary>
        public Value Repeated(Value value)
        {
            Value many = Inputs.Where((_, i) => Many(i)).First()!;
            Value users = many.Shape[0].IsKnown ? b.Ints(many.Shape[0].Size) : b.Slice(b.ShapeOf(many), b.Ints(0), b.Ints(1));
            return b.Expand(b.Unsqueeze(value, 0), b.Concat(0, [users, b.Ints([.. Enumerable.Repeat(1L, value.Rank)])]));
        }

        /// <summary>The attribute <c>axis</c>, one further where it counts from the front.</summary>
        public long Axis(long otherwise) => Moved(node.Attributes.Int("axis", otherwise));

        /// <summary>The axes in an input.</summary>
        public long[] Axes(int index, int added = 0) =>
            [.. Integers(index).Select(axis => axis < 0 ? axis + Rank(0) + added : axis).Select(Moved)];

        /// <summary>A constant input of integers.</summary>
        public long[] Integers(int index) =>
            node.Input(index)?.Constant is { } constant
                ? constant.ToInt64()
                : throw new UnvectorizableException($"Node '{node.Name}' ({node.OpType}): input {index} is not a constant.");

        private static long Moved(long axis) => axis < 0 ? axis : axis + 1;
    }
}
