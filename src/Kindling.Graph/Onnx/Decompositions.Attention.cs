namespace Kindling.Graphs.Onnx;

/// <content>
/// Attention of com.microsoft: N sequences of S queries and L keys. softmax(scale q k^T + masks) v for each head, where a mask adds mask_filter_value to what it
/// hides.
/// </content>
internal static partial class Decompositions
{
    // x [N, S, size] by merged weights [size, q + k + v]
    private static IReadOnlyList<Value?> Attention(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Heads heads = new(f);
        (Value x, Value weights) = (f.Input(0), f.Input(1));
        long[]? given = f.Ints("qkv_hidden_sizes");
        if (f.Int("do_rotary", 0) != 0 || f.Int("past_present_share_buffer", 0) != 0 || f.Optional(6) is not null)
        {
            throw new GraphException($"{f.Where}: do_rotary and past_present_share_buffer are not supported.");
        }

        _ = f.Int("rotary_embedding_dim", 0);
        if (x.Rank != 3 || weights.Rank != 2 || !weights.Shape[1].IsKnown || given is not (null or { Length: 3 }))
        {
            throw new GraphException($"{f.Where}: expected [N, S, size] and weights [size, q + k + v], got {x.Shape} and {weights.Shape}.");
        }

        long[] sizes = given ?? [.. Enumerable.Repeat(weights.Shape[1].Size / 3, 3)];
        Value projected = b.MatMul(x, weights);
        projected = f.Optional(2) is { } bias ? b.Add(projected, bias) : projected;
        Value[] parts = [.. b.Split(projected, 2, sizes).Select((part, i) => heads.Split(part, sizes[i]))];
        if (f.Optional(4) is { } past)
        {
            IReadOnlyList<Value> before = b.Split(past, 0, 1, 1);
            parts[1] = b.Concat(2, b.Squeeze(before[0], 0), parts[1]);
            parts[2] = b.Concat(2, b.Squeeze(before[1], 0), parts[2]);
        }

        Value y = heads.Attend(parts[0], parts[1], parts[2], f.Optional(3), f.Optional(5), f.Optional(4) is not null);
        return [y, f.Wants(1) ? b.Concat(0, b.Unsqueeze(parts[1], 0), b.Unsqueeze(parts[2], 0)) : null];
    }

    // Queries, keys and values apart, [N, S, size]; or packed [N, S, heads, 3, size], keys and values [N, L, heads, 2, size]; or keys and values [N, heads, L, size]
    private static IReadOnlyList<Value?> MultiHeadAttention(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Heads heads = new(f);
        (Value query, Value? key, Value? value) = (f.Input(0), f.Optional(1), f.Optional(2));
        if (f.Inputs.Skip(8).Any(v => v is not null))
        {
            throw new GraphException($"{f.Where}: inputs behind past_value are not supported.");
        }

        Value[] parts =
            query.Rank == 5 ? Packed(query, 3)
            : key is { Rank: 5 } ? [heads.Split(query), .. Packed(key, 2)]
            : key is null || value is null ? throw new GraphException($"{f.Where}: expected key and value, or a packed query.")
            : [heads.Split(query), key.Rank == 4 ? key : heads.Split(key), value.Rank == 4 ? value : heads.Split(value)];
        if (f.Optional(3) is { } bias)
        {
            long[] sizes = [.. parts.Select(p => p.Shape[1].Size * p.Shape[3].Size)];
            bool whole = bias.Shape[0].Is(sizes.Sum());
            IReadOnlyList<Value> each = whole
                ? b.Split(bias, 0, sizes)
                : throw new GraphException($"{f.Where}: expected {sizes.Sum()} biases, got {bias.Shape}.");
            parts =
            [
                .. parts.Select(
                    (p, i) => key?.Rank == 4 && i > 0 ? p : b.Add(p, b.Reshape(each[i], 1, p.Shape[1].Size, 1, p.Shape[3].Size))
                ),
            ];
        }

        if (f.Optional(6) is { } pastKey)
        {
            parts[1] = b.Concat(2, pastKey, parts[1]);
            parts[2] = b.Concat(2, f.Input(7), parts[2]);
        }

        Value y = heads.Attend(parts[0], parts[1], parts[2], f.Optional(4), f.Optional(5), f.Optional(6) is not null);
        return [y, parts[1], parts[2]];

        // [N, S, heads, count, size] -> each [N, heads, S, size]
        Value[] Packed(Value all, int count) =>
            [.. b.Split(all, 3, [.. Enumerable.Repeat(1L, count)]).Select(part => b.Transpose(b.Squeeze(part, 3), 0, 2, 1, 3))];
    }

    /// <summary>What both have in common.</summary>
    private sealed class Heads
    {
        private readonly NodeForm f;
        private readonly GraphBuilder b;
        private readonly long count;
        private readonly float scale;
        private readonly float hidden;
        private readonly bool causal;

        public Heads(NodeForm f)
        {
            this.f = f;
            b = f.Builder;
            count = f.Int("num_heads", 0);
            scale = f.Float("scale", 0);
            hidden = f.Float("mask_filter_value", -10000);
            causal = f.Int("unidirectional", 0) != 0;
            if (count < 1)
            {
                throw new GraphException($"{f.Where}: num_heads must be positive, got {count}.");
            }
        }

        /// <summary>[N, S, heads * size] -> [N, heads, S, size]</summary>
        public Value Split(Value x) =>
            x.Rank == 3 && x.Shape[2].IsKnown
                ? Split(x, x.Shape[2].Size)
                : throw new GraphException($"{f.Where}: expected [N, S, size] of known size, got {x.Shape}.");

        public Value Split(Value x, long size) =>
            size % count == 0
                ? b.Transpose(b.Reshape(x, 0, 0, count, size / count), 0, 2, 1, 3)
                : throw new GraphException($"{f.Where}: {size} can not be split into {count} heads.");

        /// <summary>Queries [N, heads, S, size], keys and values [N, heads, L, size] -> [N, S, heads * size].</summary>
        public Value Attend(Value q, Value k, Value v, Value? mask, Value? bias, bool hasPast)
        {
            Value scaled = b.Mul(q, scale != 0 ? scale : 1 / Math.Sqrt(q.Shape[3].Size));
            Value scores = b.MatMul(scaled, SwapLast(b, k));
            scores = bias is null ? scores : b.Add(scores, bias);
            scores = mask is null ? scores : b.Add(scores, b.Where(Seen(mask, q, k), b.ScalarLike(q, 0), b.ScalarLike(q, hidden)));
            if (causal)
            {
                // As ONNX Runtime: what lies ahead is hidden whatever else is.
                scores = b.Where(Before(q, k, hasPast), scores, b.ScalarLike(q, q.Type == ElementType.Float16 ? -65504 : float.MinValue));
            }

            Value mixed = b.MatMul(b.Softmax(scores), v);
            return b.Reshape(b.Transpose(mixed, 0, 2, 1, 3), 0, 0, v.Shape[1].Size * v.Shape[3].Size);
        }

        // Whether a key is seen, broadcast to [N, heads, S, L]: from numbers for each key, for each query and key, or lengths, or ends and starts.
        private Value Seen(Value mask, Value q, Value k)
        {
            Dimension n = q.Shape[0];
            switch (mask.Rank)
            {
                case 1 when mask.Shape[0] == n:
                    return b.Less(Places(mask, k), b.Unsqueeze(mask, 1, 2, 3));
                case 1 when mask.Shape[0] == n * 2:
                    Value both = b.Reshape(mask, 2, -1, 1, 1, 1);
                    IReadOnlyList<Value> ends = b.Split(both, 0, 1, 1);
                    Value places = Places(mask, k);
                    return b.Op("And", [b.Less(places, b.Squeeze(ends[0], 0)), b.Op("GreaterOrEqual", [places, b.Squeeze(ends[1], 0)])]);
                case 2:
                    return b.Unsqueeze(b.Greater(mask, b.ScalarLike(mask, 0)), 1, 2);
                case 3:
                    return b.Unsqueeze(b.Greater(mask, b.ScalarLike(mask, 0)), 1);
                default:
                    throw new GraphException(
                        $"{f.Where}: a mask {mask.Shape} is not supported for {n} sequences; supported are [N], [2 N], [N, L] and [N, S, L]."
                    );
            }
        }

        private Value Places(Value mask, Value k)
        {
            Value ones = b.ConstantOfShape(b.Op("Shape", [k], ("start", 2L), ("end", 3L)), Tensor.Of<long>([1], 1));
            return b.Cast(b.Op("CumSum", [ones, b.Constant(Tensor.Scalar(0L))], ("exclusive", 1L)), mask.Type);
        }

        // [S, L], whether a key does not lie behind its query
        private Value Before(Value q, Value k, bool hasPast)
        {
            Value queries = b.Op("Shape", [q], ("start", 2L), ("end", 3L));
            Value keys = b.Op("Shape", [k], ("start", 2L), ("end", 3L));
            Value ones = b.ConstantOfShape(b.Concat(0, queries, keys), Tensor.Of<float>([1], 1));
            Value? shift = hasPast ? b.Squeeze(b.Sub(keys, queries), 0) : null;
            return b.Cast(b.Op("Trilu", [ones, shift], ("upper", 0L)), ElementType.Bool);
        }
    }
}
