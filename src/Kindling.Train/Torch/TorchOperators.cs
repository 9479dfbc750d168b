using Kindling.Graphs;
using Kindling.Graphs.Ops;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Kindling.Train.Torch;

/// <summary>Every operator of the registry in terms of libtorch: a node becomes a function from input tensors to output tensors.</summary>
internal static partial class TorchOperators
{
    private delegate Func<Tensor?[], Tensor[]> Compiler(Node node, TorchTarget target);

    // TorchSharp turns numbers into temporary Scalars, also where none is seen: a + b, a.add(b), x.pow(2), arange(n), softplus(x). A finalizer may
    // free one while libtorch still reads it, so here Scalars are fields, or captured by a node's function, which lives as long as its graph.
    private static readonly TorchSharp.Scalar Unit = 1;
    private static readonly TorchSharp.Scalar Zero = 0;
    private static readonly TorchSharp.Scalar Half = 0.5;
    private static readonly TorchSharp.Scalar Sixth = 1.0 / 6;

    private static readonly Dictionary<string, Compiler> Table = new(StringComparer.Ordinal)
    {
        ["Identity"] = Unary(x => x.alias()),
        ["Neg"] = Unary(x => x.neg()),
        ["Abs"] = Unary(x => x.abs()),
        ["Sqrt"] = Unary(x => x.sqrt()),
        ["Reciprocal"] = Unary(x => x.reciprocal()),
        ["Exp"] = Unary(x => x.exp()),
        ["Log"] = Unary(x => x.log()),
        ["Sin"] = Unary(x => x.sin()),
        ["Cos"] = Unary(x => x.cos()),
        ["Tan"] = Unary(x => x.tan()),
        ["Asin"] = Unary(x => x.asin()),
        ["Acos"] = Unary(x => x.acos()),
        ["Atan"] = Unary(x => x.atan()),
        ["Sinh"] = Unary(x => x.sinh()),
        ["Cosh"] = Unary(x => x.cosh()),
        ["Tanh"] = Unary(x => x.tanh()),
        ["Asinh"] = Unary(x => x.asinh()),
        ["Acosh"] = Unary(x => x.acosh()),
        ["Atanh"] = Unary(x => x.atanh()),
        ["Sigmoid"] = Unary(x => x.sigmoid()),
        ["Relu"] = Unary(x => x.relu()),
        ["Softplus"] = Unary(x => x.neg().log_sigmoid().neg()),
        ["Erf"] = Unary(x => x.erf()),
        ["Softsign"] = Unary(x => x.div(x.abs().add(Unit, Unit))),
        ["HardSwish"] = Unary(x => x.mul(x.mul(Sixth).add(Half, Unit).clamp(Zero, Unit))),
        ["Sign"] = Unary(x => x.sign()),
        ["Floor"] = Unary(x => x.floor()),
        ["Ceil"] = Unary(x => x.ceil()),
        ["Round"] = Unary(x => x.round()),
        ["IsNaN"] = Unary(x => x.isnan()),
        ["IsInf"] = (node, _) => One(i => IsInf(node, i[0]!)),
        ["Not"] = Unary(x => x.logical_not()),
        ["LeakyRelu"] = (node, _) => LeakyRelu(node.Attributes.Float("alpha", 0.01f)),
        ["Elu"] = (node, _) => Elu(node.Attributes.Float("alpha", 1), Unit, Unit),
        ["Selu"] = (node, _) =>
            Elu(
                node.Attributes.Float("alpha", 1.67326319217681884765625f),
                node.Attributes.Float("gamma", 1.05070102214813232421875f),
                Unit
            ),
        ["Celu"] = (node, _) => Elu(node.Attributes.Float("alpha", 1), Unit, 1 / node.Attributes.Float("alpha", 1)),
        ["HardSigmoid"] = (node, _) => HardSigmoid(node.Attributes.Float("alpha", 0.2f), node.Attributes.Float("beta", 0.5f)),
        ["ThresholdedRelu"] = (node, _) => ThresholdedRelu(node.Attributes.Float("alpha", 1)),
        ["Shrink"] = (node, _) => Shrink(node.Attributes.Float("lambd", 0.5f), node.Attributes.Float("bias", 0)),
        ["PRelu"] = Binary((x, slope) => where(x.gt(Zero), x, x.mul(slope))),
        ["Clip"] = (_, _) => One(i => Clip(i[0]!, i.ElementAtOrDefault(1), i.ElementAtOrDefault(2))),
        ["Cast"] = (node, target) => Cast(node, target.Real),
        ["CastLike"] = Binary((x, like) => x.dtype == like.dtype ? x.alias() : x.to_type(like.dtype)),
        ["Add"] = Binary(Add),
        ["Sub"] = Binary((a, b) => a.sub(b)),
        ["Mul"] = Binary((a, b) => a.mul(b)),
        ["Div"] = (node, _) => One(i => node.Inputs[0]!.Type.IsFloat() ? i[0]!.div(i[1]!) : i[0]!.div(i[1]!, RoundingMode.trunc)),
        ["Pow"] = (_, _) => One(i => i[0]!.pow(i[1]!.to_type(i[0]!.dtype))),
        ["Mod"] = (node, _) => One(i => node.Attributes.Int("fmod", 0) != 0 ? i[0]!.fmod(i[1]!) : i[0]!.remainder(i[1]!)),
        ["Sum"] = Fold(Add),
        ["Mean"] = Mean,
        ["Min"] = Fold((a, b) => minimum(a, b)),
        ["Max"] = Fold((a, b) => maximum(a, b)),
        ["Greater"] = Binary((a, b) => a.gt(b)),
        ["GreaterOrEqual"] = Binary((a, b) => a.ge(b)),
        ["Less"] = Binary((a, b) => a.lt(b)),
        ["LessOrEqual"] = Binary((a, b) => a.le(b)),
        ["Equal"] = Binary((a, b) => a.eq(b)),
        ["And"] = Binary((a, b) => a.logical_and(b)),
        ["Or"] = Binary((a, b) => a.logical_or(b)),
        ["Xor"] = Binary((a, b) => a.logical_xor(b)),
        ["Where"] = (_, _) => One(i => where(i[0]!, i[1]!, i[2]!)),
        ["MatMul"] = (_, target) => One(i => target.Product(i[0]!, i[1]!)),
        ["Gemm"] = Gemm,
        ["Conv"] = (node, _) => Conv(node),
        ["ConvTranspose"] = (node, _) => ConvTranspose(node),
        ["MaxPool"] = (node, _) => MaxPool(node),
        ["AveragePool"] = (node, _) => AveragePool(node),
        ["GlobalAveragePool"] = Unary(x => x.mean(SpatialAxes(x), keepdim: true)),
        ["GlobalMaxPool"] = Unary(x => x.amax(SpatialAxes(x), keepdim: true)),
        ["Softmax"] = (node, _) => One(i => i[0]!.softmax(node.Attributes.Int("axis", -1))),
        ["LogSoftmax"] = (node, _) => One(i => i[0]!.log_softmax(node.Attributes.Int("axis", -1))),
        ["Hardmax"] = (node, _) => One(i => Hardmax(i[0]!, node.Attributes.Int("axis", -1))),
        ["LayerNormalization"] = (node, _) => LayerNormalization(node),
        ["ReduceSum"] = Reduce((x, axes, keep) => x.sum(axes, keep)),
        ["ReduceMean"] = Reduce((x, axes, keep) => x.mean(axes, keep)),
        ["ReduceMax"] = Reduce((x, axes, keep) => Extreme(x, axes, keep, double.NegativeInfinity)),
        ["ReduceMin"] = Reduce((x, axes, keep) => Extreme(x, axes, keep, double.PositiveInfinity)),
        ["ReduceProd"] = Reduce((x, axes, keep) => axes.OrderDescending().Aggregate(x, (product, axis) => product.prod(axis, keep))),
        ["ReduceL1"] = Reduce((x, axes, keep) => x.abs().sum(axes, keep)),
        ["ReduceL2"] = Reduce((x, axes, keep) => (x * x).sum(axes, keep).sqrt()),
        ["ReduceLogSum"] = Reduce((x, axes, keep) => x.sum(axes, keep).log()),
        ["ReduceSumSquare"] = Reduce((x, axes, keep) => (x * x).sum(axes, keep)),
        ["ReduceLogSumExp"] = Reduce(LogSumExp),
        ["ArgMax"] = (node, _) => One(i => Position(node, i[0]!, (x, axis, keep) => x.argmax(axis, keep))),
        ["ArgMin"] = (node, _) => One(i => Position(node, i[0]!, (x, axis, keep) => x.argmin(axis, keep))),
        ["Shape"] = (node, _) => One(i => ShapeOf(node, i[0]!)),
        ["Size"] = Unary(x => tensor(x.numel())),
        ["ConstantOfShape"] = ConstantOfShape,
        ["EyeLike"] = EyeLike,
        ["Range"] = (_, _) =>
            One(i => arange(i[0]!.ToScalar(), i[1]!.ToScalar(), i[2]!.ToScalar(), dtype: i[0]!.dtype, device: i[0]!.device)),
        ["CumSum"] = (node, _) => One(i => CumSum(node, i)),
        ["Trilu"] = (node, _) => One(i => Trilu(node, i[0]!, i.Length > 1 && i[1] is not null ? Longs(node, 1, i)[0] : 0)),
        ["Reshape"] = (node, _) => Reshape(node),
        ["Flatten"] = (node, _) => Flatten(node),
        ["Transpose"] = (node, _) => Transpose(node),
        ["Squeeze"] = (node, _) => Squeeze(node),
        ["Unsqueeze"] = (node, _) => Unsqueeze(node),
        ["Concat"] = (node, _) => One(i => cat([.. i.Select(t => t!)], node.Attributes.Int("axis", 0))),
        ["Split"] = (node, _) => Split(node),
        ["Slice"] = (node, _) => One(i => Slice(node, i)),
        ["Pad"] = (node, _) => One(i => Pad(node, i)),
        ["Expand"] = (node, _) => One(i => Expand(node, i)),
        ["Tile"] = (node, _) => One(i => i[0]!.repeat(Longs(node, 1, i))),
        ["Gather"] = (node, _) => Gather(node),
        ["GatherElements"] = (node, _) => One(i => GatherElements(node, i[0]!, i[1]!)),
        ["ScatterElements"] = (node, _) => One(i => ScatterElements(node, i[0]!, i[1]!, i[2]!)),
        ["OneHot"] = (node, _) => One(i => OneHot(node, i)),
        ["TopK"] = (node, _) => i => TopK(node, i),
    };

    /// <summary>Operators that have an implementation.</summary>
    public static IReadOnlyCollection<string> Names => Table.Keys;

    /// <summary>The function of a node.</summary>
    /// <exception cref="GraphException">The operator has no implementation.</exception>
    public static Func<Tensor?[], Tensor[]> Compile(Node node, TorchTarget target) =>
        Table.TryGetValue(node.OpType, out Compiler? compiler)
            ? compiler(node, target)
            : throw new GraphException($"Node {node}: the torch interpreter has no operator {node.OpType}.");

    private static Func<Tensor?[], Tensor[]> One(Func<Tensor?[], Tensor> run) => i => [run(i)];

    private static Compiler Unary(Func<Tensor, Tensor> run) => (_, _) => i => [run(i[0]!)];

    private static Compiler Binary(Func<Tensor, Tensor, Tensor> run) => (_, _) => i => [run(i[0]!, i[1]!)];

    private static Compiler Fold(Func<Tensor, Tensor, Tensor> run) =>
        (_, _) => One(i => i.Length == 1 ? i[0]!.alias() : i.Skip(2).Aggregate(run(i[0]!, i[1]!), (a, b) => run(a, b!)));

    private static Tensor Add(Tensor a, Tensor b) => a.add(b, Unit);

    private static Func<Tensor?[], Tensor[]> LeakyRelu(TorchSharp.Scalar alpha) => One(i => i[0]!.leaky_relu(alpha));

    // scale max(x, 0) + scale alpha min(exp(inputScale x) - 1, 0)
    private static Func<Tensor?[], Tensor[]> Elu(TorchSharp.Scalar alpha, TorchSharp.Scalar scale, TorchSharp.Scalar inputScale) =>
        One(i => i[0]!.elu(alpha, scale, inputScale));

    private static Func<Tensor?[], Tensor[]> HardSigmoid(TorchSharp.Scalar alpha, TorchSharp.Scalar beta) =>
        One(i => i[0]!.mul(alpha).add(beta, Unit).clamp(Zero, Unit));

    private static Func<Tensor?[], Tensor[]> ThresholdedRelu(TorchSharp.Scalar alpha) =>
        One(i => where(i[0]!.gt(alpha), i[0]!, zeros_like(i[0]!)));

    private static Func<Tensor?[], Tensor[]> Shrink(TorchSharp.Scalar bound, TorchSharp.Scalar bias) =>
        One(i => where(i[0]!.abs().gt(bound), i[0]!.sub(i[0]!.sign().mul(bias)), zeros_like(i[0]!)));

    private static Tensor IsInf(Node node, Tensor x)
    {
        bool negative = node.Attributes.Int("detect_negative", 1) != 0;
        bool positive = node.Attributes.Int("detect_positive", 1) != 0;
        return negative && positive ? x.isinf()
            : positive ? x.isposinf()
            : negative ? x.isneginf()
            : zeros_like(x, dtype: ScalarType.Bool);
    }

    private static Func<Tensor?[], Tensor[]> Mean(Node node, TorchTarget target)
    {
        Func<Tensor?[], Tensor[]> sum = Fold(Add)(node, target);
        TorchSharp.Scalar count = node.Inputs.Count;
        return i => [sum(i)[0].div(count)];
    }

    // 1 at the first maximum
    private static Tensor Hardmax(Tensor x, long axis)
    {
        using Tensor at = x.argmax(axis, keepdim: true);
        return zeros_like(x).scatter(axis, at, ones_like(at, dtype: x.dtype));
    }

    // minimum/maximum would split the gradient at the bounds; clamp keeps it, as libtorch's users expect
    private static Tensor Clip(Tensor x, Tensor? low, Tensor? high) => low is null && high is null ? x.alias() : x.clamp(low, high);

    private static Func<Tensor?[], Tensor[]> Cast(Node node, ScalarType real)
    {
        ScalarType to = TorchTensors.ToScalarType((ElementType)node.Attributes.Int("to", 1), real);
        return One(i => i[0]!.dtype == to ? i[0]!.alias() : i[0]!.to_type(to));
    }

    private static long[] SpatialAxes(Tensor x) => [.. Enumerable.Range(2, (int)x.dim() - 2).Select(a => (long)a)];

    private static Compiler Reduce(Func<Tensor, long[], bool, Tensor> run) =>
        (node, _) =>
        {
            int rank = node.Inputs[0]!.Rank;
            bool keep = node.Attributes.Int("keepdims", 1) != 0;
            return One(i =>
            {
                long[] axes = ReductionOps.Axes(node, rank, i.Length > 1 ? Longs(node, 1, i) : null);
                return axes.Length == 0 ? i[0]!.alias() : run(i[0]!, axes, keep);
            });
        };

    // the largest of nothing is -infinity, the smallest infinity, which libtorch refuses to say
    private static Tensor Extreme(Tensor x, long[] axes, bool keep, double ofNothing)
    {
        if (x.numel() > 0 || !x.is_floating_point())
        {
            return ofNothing < 0 ? x.amax(axes, keep) : x.amin(axes, keep);
        }

        TorchSharp.Scalar value = ofNothing;
        Tensor sum = x.sum(axes, keep);
        return full_like(sum, value);
    }

    private static Tensor LogSumExp(Tensor x, long[] axes, bool keep)
    {
        if (x.numel() == 0)
        {
            return x.exp().sum(axes, keep).log();
        }

        using Tensor peak = x.detach().amax(axes, keepdim: true);
        using Tensor sum = Add((x - peak).exp().sum(axes, keepdim: true).log(), peak);
        return keep
            ? sum.alias()
            : sum.reshape(sum.shape.Where((_, a) => !axes.Select(e => e < 0 ? e + x.dim() : e).Contains(a)).ToArray());
    }

    private static Tensor Position(Node node, Tensor x, Func<Tensor, long, bool, Tensor> find)
    {
        long axis = node.Attributes.Int("axis", 0);
        bool keep = node.Attributes.Int("keepdims", 1) != 0;
        if (node.Attributes.Int("select_last_index", 0) == 0)
        {
            return find(x, axis, keep);
        }

        using Tensor flipped = x.flip(axis);
        using Tensor last = tensor(x.shape[axis < 0 ? axis + x.dim() : axis] - 1);
        return last - find(flipped, axis, keep);
    }

    private static Func<Tensor?[], Tensor[]> LayerNormalization(Node node)
    {
        float epsilon = node.Attributes.Float("epsilon", 1e-5f);
        int rank = node.Inputs[0]!.Rank;
        long axis = node.Attributes.Int("axis", -1);
        int first = (int)(axis < 0 ? axis + rank : axis);
        TorchSharp.Scalar shift = epsilon;
        return i =>
        {
            Tensor x = i[0]!;
            if (node.Outputs.Count == 1)
            {
                return [F.layer_norm(x, x.shape[first..], i[1]!, i.ElementAtOrDefault(2), epsilon)];
            }

            long[] axes = [.. Enumerable.Range(first, rank - first).Select(a => (long)a)];
            Tensor mean = x.mean(axes, keepdim: true);
            Tensor centred = x - mean;
            Tensor inverse = (centred * centred).mean(axes, keepdim: true).add(shift, Unit).rsqrt();
            Tensor y = centred * inverse * i[1]!;
            return [i.ElementAtOrDefault(2) is { } bias ? Add(y, bias) : y, mean, inverse];
        };
    }

    /// <summary>Contents of an integer input: read from the graph if it is constant, from the tensor otherwise.</summary>
    private static long[] Longs(Node node, int index, Tensor?[] inputs) =>
        node.Inputs[index]!.Constant is { } constant
            ? constant.ToInt64()
            : inputs[index]!.cpu().to_type(ScalarType.Int64).data<long>().ToArray();
}
