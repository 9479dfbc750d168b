namespace Kindling.Graphs.Onnx;

/// <summary>
/// Operators that are read as what ONNX defines them by, in operators of the registry: shapes, gradients and both engines then follow. An operator is one row.
/// </summary>
internal static partial class Decompositions
{
    private static readonly Dictionary<string, (int Since, Func<NodeForm, int, IReadOnlyList<Value?>> Build)> Rows = new(
        StringComparer.Ordinal
    )
    {
        ["BatchNormalization"] = (1, BatchNormalization),
        ["InstanceNormalization"] = (1, (f, _) => [InstanceNormalization(f)]),
        ["MeanVarianceNormalization"] = (9, (f, _) => [MeanVarianceNormalization(f)]),
        ["LpNormalization"] = (1, (f, _) => [LpNormalization(f)]),
        ["LRN"] = (1, (f, _) => [LocalResponse(f)]),
        ["LpPool"] = (1, (f, _) => [LpPool(f)]),
        ["GlobalLpPool"] = (1, (f, _) => [GlobalLpPool(f)]),
        ["GroupNormalization"] = (18, (f, _) => [GroupNormalization(f)]),
        ["Gelu"] = (20, (f, _) => [Gelu(f)]),
        ["Mish"] = (18, (f, _) => [f.Builder.Mul(f.Input(0), f.Builder.Tanh(f.Builder.Softplus(f.Input(0))))]),
        ["Dropout"] = (1, Dropout),
        ["DepthToSpace"] = (1, (f, _) => [DepthToSpace(f)]),
        ["SpaceToDepth"] = (1, (f, _) => [SpaceToDepth(f)]),
        ["NegativeLogLikelihoodLoss"] = (12, (f, _) => [Likelihood(f, f.Input(0), f.Input(1), f.Optional(2))]),
        ["SoftmaxCrossEntropyLoss"] = (12, CrossEntropy),
        ["SimplifiedLayerNormalization"] = (1, (f, _) => RootMeanSquare(f)),
        ["com.microsoft.SimplifiedLayerNormalization"] = (1, (f, _) => RootMeanSquare(f)),
        ["com.microsoft.SkipLayerNormalization"] = (1, (f, _) => SkipLayerNormalization(f)),
        ["com.microsoft.SkipSimplifiedLayerNormalization"] = (1, (f, _) => SkipRootMeanSquare(f)),
        ["com.microsoft.EmbedLayerNormalization"] = (1, (f, _) => EmbedLayerNormalization(f)),
        ["com.microsoft.Gelu"] = (1, (f, _) => [Gelu(f.Builder, f.Input(0))]),
        ["com.microsoft.BiasGelu"] = (1, (f, _) => [Gelu(f.Builder, f.Builder.Add(f.Input(0), f.Input(1)))]),
        ["com.microsoft.FastGelu"] = (1, (f, _) => [FastGelu(f)]),
        ["com.microsoft.QuickGelu"] = (1, (f, _) => [QuickGelu(f)]),
        ["com.microsoft.FusedMatMul"] = (1, (f, _) => [FusedMatMul(f)]),
        ["com.microsoft.FusedGemm"] = (1, (f, _) => [FusedGemm(f)]),
        ["com.microsoft.FusedConv"] = (1, (f, _) => [FusedConv(f)]),
        ["com.microsoft.RotaryEmbedding"] = (1, (f, _) => [RotaryEmbedding(f)]),
        ["com.microsoft.Attention"] = (1, (f, _) => Attention(f)),
        ["com.microsoft.MultiHeadAttention"] = (1, (f, _) => MultiHeadAttention(f)),
        ["LSTM"] = (7, (f, _) => LongShortTermMemory(f)),
        ["GRU"] = (7, (f, _) => GatedRecurrentUnit(f)),
        ["RNN"] = (7, (f, _) => SimpleRecurrence(f)),
        ["Resize"] = (10, (f, _) => [Resize(f)]),
        ["Upsample"] = (1, (f, _) => [Upsample(f)]),
        ["GridSample"] = (16, (f, _) => [GridSampling.Build(f)]),
        ["Einsum"] = (12, (f, _) => [Einsum.Build(f)]),
        ["GatherND"] = (11, (f, _) => [GatherND(f)]),
        ["ScatterND"] = (11, (f, _) => [ScatterND(f)]),
        ["QuantizeLinear"] = (10, (f, _) => [Quantize(f, f.Input(0), f.Input(1), f.Optional(2), f.Int("axis", 1))]),
        ["DequantizeLinear"] = (10, (f, _) => [Dequantize(f, f.Input(0), f.Input(1), f.Optional(2), f.Int("axis", 1))]),
        ["DynamicQuantizeLinear"] = (11, (f, _) => Unquantized(f)),
        ["MatMulInteger"] = (10, (f, _) => [MatMulInteger(f)]),
        ["ConvInteger"] = (10, (f, _) => [ConvInteger(f)]),
        ["QLinearMatMul"] = (10, (f, _) => [QuantizedMatMul(f)]),
        ["QLinearConv"] = (10, (f, _) => [QuantizedConv(f)]),
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyCollection<string> Names => Rows.Keys;

    /// <summary>An operator with its domain, where that is not the standard one.</summary>
    public static string Key(string opType, string domain) => domain.Length == 0 ? opType : $"{domain}.{opType}";

    /// <summary>Whether an operator is read this way.</summary>
    public static bool Contains(string opType) => Rows.ContainsKey(opType);

    /// <summary>The op set that brought the operator, if the model's is older; otherwise null.</summary>
    public static int? Missing(string opType, long opset) => Rows.TryGetValue(opType, out var row) && opset < row.Since ? row.Since : null;

    /// <summary>Writes a node in other operators.</summary>
    /// <returns>A value for each output asked for.</returns>
    public static IReadOnlyList<Value?> Build(NodeForm form, int outputs)
    {
        IReadOnlyList<Value?> values = Rows[form.OpType].Build(form, outputs);
        if (form.Attributes.Count > 0)
        {
            throw new GraphException($"{form.Where}: attribute '{form.Attributes.Keys.First()}' is not supported.");
        }

        return values.Count >= outputs
            ? values
            : throw new GraphException($"{form.Where}: it has {values.Count} outputs, the model asks for {outputs}.");
    }

    // x times the share of a normal distribution below x (Hendrycks and Gimpel 2016), exactly or by their approximation
    private static Value Gelu(NodeForm f) =>
        f.Text("approximate", "none") switch
        {
            "none" => Gelu(f.Builder, f.Input(0)),
            "tanh" => FastGelu(f.Builder, f.Input(0)),
            var other => throw new GraphException($"{f.Where}: approximate must be none or tanh, got '{other}'."),
        };

    private static Value Gelu(GraphBuilder b, Value x) => b.Mul(b.Mul(x, 0.5), b.Add(b.Erf(b.Mul(x, Math.Sqrt(0.5))), 1));

    private static Value FastGelu(GraphBuilder b, Value x)
    {
        Value below = b.Tanh(b.Mul(b.Add(x, b.Mul(b.Mul(x, b.Mul(x, x)), 0.044715)), Math.Sqrt(2 / Math.PI)));
        return b.Mul(b.Mul(x, 0.5), b.Add(below, 1));
    }

    // y = x where nothing is dropped, as outside training; the mask says that all is kept.
    private static IReadOnlyList<Value?> Dropout(NodeForm f, int outputs)
    {
        GraphBuilder b = f.Builder;
        _ = f.Float("ratio", 0.5f);
        _ = f.Int("seed", 0);
        if (f.Optional(2) is { } training && training.Constant is not { Type: ElementType.Bool, Bytes: [0] })
        {
            throw new GraphException($"{f.Where}: dropping at random (training_mode) is not supported.");
        }

        Value x = f.Input(0);
        return outputs < 2 ? [x] : [x, b.ConstantOfShape(b.ShapeOf(x), Tensor.Of<bool>([true], 1))];
    }

    // [N, C, H, W] -> [N, C / s^2, H s, W s]
    private static Value DepthToSpace(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        (Value x, long s) = (f.Input(0), Block(f));
        string mode = f.Text("mode", "DCR");
        long[] sizes = Sizes(f, x, 4);
        long channels = sizes[1] / (s * s);
        Value parts = mode switch
        {
            "DCR" => b.Transpose(b.Reshape(x, 0, s, s, channels, sizes[2], sizes[3]), 0, 3, 4, 1, 5, 2),
            "CRD" => b.Transpose(b.Reshape(x, 0, channels, s, s, sizes[2], sizes[3]), 0, 1, 4, 2, 5, 3),
            _ => throw new GraphException($"{f.Where}: mode must be DCR or CRD, got '{mode}'."),
        };
        return b.Reshape(parts, 0, channels, sizes[2] * s, sizes[3] * s);
    }

    // [N, C, H, W] -> [N, C s^2, H / s, W / s]
    private static Value SpaceToDepth(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        (Value x, long s) = (f.Input(0), Block(f));
        long[] sizes = Sizes(f, x, 4);
        Value parts = b.Transpose(b.Reshape(x, 0, sizes[1], sizes[2] / s, s, sizes[3] / s, s), 0, 3, 5, 1, 2, 4);
        return b.Reshape(parts, 0, sizes[1] * s * s, sizes[2] / s, sizes[3] / s);
    }

    private static long Block(NodeForm f) =>
        f.Int("blocksize", 0) is > 0 and var size ? size : throw new GraphException($"{f.Where}: blocksize must be positive.");

    // The sizes behind the first, which may be known at run time only.
    private static long[] Sizes(NodeForm f, Value x, int rank) =>
        x.Rank == rank && x.Shape.Skip(1).All(d => d.IsKnown)
            ? [-1, .. x.Shape.Skip(1).Select(d => d.Size)]
            : throw new GraphException($"{f.Where}: expected rank {rank} and known sizes behind the first, got {x.Shape}.");

    private static IReadOnlyList<Value?> CrossEntropy(NodeForm f, int outputs)
    {
        Value logarithms = f.Builder.LogSoftmax(f.Input(0), 1);
        return [Likelihood(f, logarithms, f.Input(1), f.Optional(2)), logarithms];
    }

    // -w[label] logarithms[label] for logarithms [N, C, d...] and labels [N, d...], 0 where a label is to be ignored; the mean is over the weights.
    private static Value Likelihood(NodeForm f, Value logarithms, Value labels, Value? weights)
    {
        GraphBuilder b = f.Builder;
        string reduction = f.Text("reduction", "mean");
        Value? ignored = null;
        if (f.Attributes.ContainsKey("ignore_index"))
        {
            ignored = b.Equal(labels, b.ScalarLike(labels, f.Int("ignore_index", 0)));
            labels = b.Where(ignored, b.ScalarLike(labels, 0), labels);
        }

        Value picked = b.Neg(b.Squeeze(b.GatherElements(logarithms, b.Unsqueeze(labels, 1), 1), 1));
        Value? shares = weights is null ? null : b.Gather(weights, labels);
        if (ignored is not null)
        {
            Value zero = b.ScalarLike(logarithms, 0);
            shares = b.Where(ignored, zero, shares ?? b.ScalarLike(logarithms, 1));
            picked = b.Where(ignored, zero, picked);
        }

        Value losses = shares is null ? picked : b.Mul(picked, shares);
        return reduction switch
        {
            "none" => losses,
            "sum" => b.ReduceSum(losses, keepDims: false),
            "mean" when shares is null => b.ReduceMean(losses, keepDims: false),
            "mean" => b.Div(b.ReduceSum(losses, keepDims: false), b.ReduceSum(shares, keepDims: false)),
            _ => throw new GraphException($"{f.Where}: reduction must be none, sum or mean, got '{reduction}'."),
        };
    }
}
