namespace Kindling.Graphs.Onnx;

/// <content>
/// Operators of com.microsoft that ONNX Runtime's optimiser and exporters put in place of several standard ones, but for attention. As its ContribOperators.md has
/// them.
/// </content>
internal static partial class Decompositions
{
    private static Value FastGelu(NodeForm f) =>
        FastGelu(f.Builder, f.Optional(1) is { } bias ? f.Builder.Add(f.Input(0), bias) : f.Input(0));

    private static Value QuickGelu(NodeForm f) =>
        f.Builder.Mul(f.Input(0), f.Builder.Sigmoid(f.Builder.Mul(f.Input(0), f.Float("alpha", 1.702f))));

    // x / sqrt(mean of x^2 + epsilon) scale, over the axes from a given one on (Zhang and Sennrich 2019)
    private static IReadOnlyList<Value?> RootMeanSquare(NodeForm f)
    {
        Value x = f.Input(0);
        long axis = f.Int("axis", -1);
        _ = f.Int("stash_type", 1);
        (Value y, Value inverse) = RootMeanSquare(f.Builder, x, f.Input(1), axis < 0 ? axis + x.Rank : axis, f.Float("epsilon", 1e-5f));
        return [y, inverse];
    }

    private static (Value Y, Value Inverse) RootMeanSquare(GraphBuilder b, Value x, Value scale, long axis, float epsilon)
    {
        long[] axes = [.. Enumerable.Range(0, x.Rank).Select(a => (long)a).Where(a => a >= axis)];
        Value inverse = b.Reciprocal(b.Sqrt(b.Add(b.ReduceMean(b.Mul(x, x), axes), epsilon)));
        return (b.Mul(b.Mul(x, inverse), scale), inverse);
    }

    // The sum of input, skip and bias, normalised; the sum itself is the fourth output.
    private static IReadOnlyList<Value?> SkipLayerNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value sum = Sum(f, f.Optional(4));
        return [b.LayerNormalization(sum, f.Input(2), f.Optional(3), -1, f.Float("epsilon", 1e-12f)), null, null, sum];
    }

    private static IReadOnlyList<Value?> SkipRootMeanSquare(NodeForm f)
    {
        Value sum = Sum(f, f.Optional(3));
        return [RootMeanSquare(f.Builder, sum, f.Input(2), sum.Rank - 1, f.Float("epsilon", 1e-12f)).Y, null, null, sum];
    }

    private static Value Sum(NodeForm f, Value? bias)
    {
        GraphBuilder b = f.Builder;
        Value x = bias is null ? f.Input(0) : b.Add(f.Input(0), bias);
        return b.Add(x, f.Input(1));
    }

    // Words, positions and segments looked up and added, normalised; with a mask [N, S], the number of its words [N].
    private static IReadOnlyList<Value?> EmbedLayerNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value words = f.Input(0);
        float epsilon = f.Float("epsilon", 1e-12f);
        _ = f.Int("mask_index_type", 0);
        Value positions = f.Optional(8) ?? Positions(b, words);
        Value sum = b.Add(b.Gather(f.Input(2), words), b.Gather(f.Input(3), positions));
        if (f.Optional(1) is { } segments)
        {
            sum = b.Add(sum, b.Gather(f.Input(4), segments));
        }

        Value? lengths =
            !f.Wants(1) ? null
            : f.Optional(7) is { } mask ? b.Cast(b.ReduceSum(b.Cast(mask, ElementType.Int64), [1], keepDims: false), mask.Type)
            : b.ConstantOfShape(b.Op("Shape", [words], ("end", 1L)), Tensor.Of<int>([0], 1));
        return [b.LayerNormalization(sum, f.Input(5), f.Input(6), -1, epsilon), lengths, sum];
    }

    // 0, 1, 2, ... along the second axis of x
    private static Value Positions(GraphBuilder b, Value x)
    {
        Value ones = b.ConstantOfShape(b.Op("Shape", [x], ("start", 1L), ("end", 2L)), Tensor.Of<long>([1], 1));
        return b.Op("CumSum", [ones, b.Constant(Tensor.Scalar(0L))], ("exclusive", 1L));
    }

    private static Value FusedMatMul(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        float alpha = f.Float("alpha", 1);
        if (f.Int("transBatchA", 0) != 0 || f.Int("transBatchB", 0) != 0)
        {
            throw new GraphException($"{f.Where}: transBatchA and transBatchB are not supported.");
        }

        Value product = b.MatMul(Side(0, "transA"), Side(1, "transB"));
        return alpha == 1 ? product : b.Mul(product, alpha);

        Value Side(int input, string transposed) =>
            f.Int(transposed, 0) != 0 && f.Input(input).Rank > 1 ? SwapLast(b, f.Input(input)) : f.Input(input);
    }

    private static Value SwapLast(GraphBuilder b, Value x) =>
        b.Transpose(x, [.. Enumerable.Range(0, x.Rank - 2).Select(a => (long)a), x.Rank - 1, x.Rank - 2]);

    private static Value FusedGemm(NodeForm f)
    {
        (string name, float[] numbers) = (f.Text("activation", ""), [f.Float("activation_alpha", 0), f.Float("activation_beta", 0)]);
        _ = f.Float("activation_gamma", 0);
        Value y = f.Builder.Gemm(
            f.Input(0),
            f.Input(1),
            f.Optional(2),
            f.Int("transA", 0) != 0,
            f.Int("transB", 0) != 0,
            f.Float("alpha", 1),
            f.Float("beta", 1)
        );
        return Activated(f, y, name, numbers);
    }

    // Convolution, then the fourth input added, then the activation
    private static Value FusedConv(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        (string name, float[] numbers) = (f.Text("activation", ""), f.Floats("activation_params") ?? []);
        (string, object?)[] window = [.. f.Attributes.Select(a => (a.Key, (object?)a.Value))];
        f.Attributes.Clear();
        Value y = b.Op("Conv", [f.Input(0), f.Input(1), f.Optional(2)], window);
        return Activated(f, f.Optional(3) is { } added ? b.Add(y, added) : y, name, numbers);
    }

    private static Value Activated(NodeForm f, Value x, string name, float[] numbers)
    {
        GraphBuilder b = f.Builder;
        return (name, numbers) switch
        {
            ("", _) => x,
            ("Relu", _) => b.Relu(x),
            ("Tanh", _) => b.Tanh(x),
            ("Sigmoid", _) => b.Sigmoid(x),
            ("LeakyRelu", [var alpha, ..]) => b.LeakyRelu(x, alpha),
            ("Elu", [var alpha, ..]) => b.Elu(x, alpha),
            ("HardSigmoid", [var alpha, var beta, ..]) => b.Op("HardSigmoid", [x], ("alpha", alpha), ("beta", beta)),
            ("Clip", [var low, var high, ..]) => b.Clip(x, b.ScalarLike(x, low), b.ScalarLike(x, high)),
            _ => throw new GraphException(
                $"{f.Where}: activation '{name}' with {numbers.Length} numbers is not supported; supported are Clip, Elu, HardSigmoid, LeakyRelu, Relu, Sigmoid, Tanh."
            ),
        };
    }

    // Pairs of a head's elements turned by the angle of their position (Su et al. 2021): pairs of neighbours, or of one half and the other.
    private static Value RotaryEmbedding(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        (Value x, Value positions, Value cosines) = (f.Input(0), f.Input(1), f.Input(2));
        bool interleaved = f.Int("interleaved", 0) != 0;
        long heads = f.Int("num_heads", 0);
        long rotated = f.Int("rotary_embedding_dim", 0);
        if (f.Float("scale", 1) != 1 || f.Int("is_packed_batching", 0) != 0)
        {
            throw new GraphException($"{f.Where}: scale and is_packed_batching are not supported.");
        }

        if (x.Rank is not (3 or 4) || !x.Shape[-1].IsKnown || !cosines.Shape[-1].IsKnown)
        {
            throw new GraphException($"{f.Where}: expected [N, S, size] or [N, heads, S, size] of known size, got {x.Shape}.");
        }

        // [N, S, heads, size]
        long size =
            x.Rank == 4 ? x.Shape[3].Size
            : heads > 0 ? x.Shape[2].Size / heads
            : 2 * cosines.Shape[-1].Size;
        Value split = x.Rank == 4 ? b.Transpose(x, 0, 2, 1, 3) : b.Reshape(x, 0, 0, x.Shape[2].Size / size, size);
        Value places = positions.Rank == 2 ? positions : b.Add(Positions(b, split), positions);
        long half = rotated > 0 ? rotated / 2 : size / 2;
        Value cos = b.Unsqueeze(b.Gather(cosines, places), -2);
        Value sin = b.Unsqueeze(b.Gather(f.Input(3), places), -2);
        IReadOnlyList<Value> kept = 2 * half < size ? b.Split(split, 3, 2 * half, size - (2 * half)) : [split];
        Value pairs = interleaved ? b.Reshape(kept[0], 0, 0, 0, half, 2) : kept[0];
        IReadOnlyList<Value> sides = interleaved
            ? [.. b.Split(pairs, 4, 1, 1).Select(v => b.Squeeze(v, 4))]
            : b.Split(pairs, 3, half, half);
        Value first = b.Sub(b.Mul(sides[0], cos), b.Mul(sides[1], sin));
        Value second = b.Add(b.Mul(sides[1], cos), b.Mul(sides[0], sin));
        Value turned = interleaved
            ? b.Reshape(b.Concat(4, b.Unsqueeze(first, 4), b.Unsqueeze(second, 4)), 0, 0, 0, 2 * half)
            : b.Concat(3, first, second);
        Value all = kept.Count > 1 ? b.Concat(3, turned, kept[1]) : turned;
        return x.Rank == 4 ? b.Transpose(all, 0, 2, 1, 3) : b.Reshape(all, 0, 0, x.Shape[2].Size);
    }
}
