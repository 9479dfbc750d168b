using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// Recurrent networks over codes or signals, written out over the length of the input, so that they consist of plain operators: gated recurrent units (Cho et
/// al. 2014), with the reset behind the product, as cuDNN and torch have it, and long short-term memory (Hochreiter and Schmidhuber 1997, with forget
/// gates of Gers et al. 2000). The features are the last layer's state behind the last code, or behind the last time of a signal. As language models they
/// give scores of the next code for each position by the embedding (Press and Wolf 2017).
/// </summary>
/// <remarks>
/// Weights and biases start uniform within 1 / sqrt(width); 1 is added to what the forget gate reads (Jozefowicz et al. 2015). Padding leaves states as they
/// are.
/// <code>
/// gru:  z = sigmoid(x Wz + h Uz + bz); r = sigmoid(x Wr + h Ur + br); n = tanh(x Wn + bn + r (h Un + c)); h' = n + z (h - n)
/// lstm: i, f, o = sigmoid(x W + h U + b), 1 more for f; g = tanh(x Wg + h Ug + bg); c' = f c + i g; h' = o tanh(c')
/// </code>
/// </remarks>
internal static class Recurrent
{
    private const int DefaultLayers = 1;
    private const int DefaultWidth = 128;

    private static readonly string[] Members = ["layers", "width", "vocabulary"];

    public static NetworkRow Gru { get; } = new("gru", Members, Faults, NetworkFaults.CodesOrSignal, WriteClassifier);

    public static NetworkRow Lstm { get; } = Gru with { Type = "lstm" };

    public static NetworkRow GruLanguageModel { get; } =
        new("gru-lm", Members, Faults, NetworkFaults.CodesToCodes, WriteLanguageModel) { IsLanguageModel = true };

    public static NetworkRow LstmLanguageModel { get; } = GruLanguageModel with { Type = "lstm-lm" };

    private static int Width(NetworkSpec spec) => spec.Width ?? DefaultWidth;

    private static IEnumerable<string> Faults(NetworkSpec spec) =>
        [
            .. NetworkFaults.Size("layers", spec.Layers ?? DefaultLayers, 256),
            .. NetworkFaults.Size("width", Width(spec)),
            .. NetworkFaults.Size("vocabulary", NetworkBuilder.Vocabulary(spec), NetworkSpec.MostCodes),
            .. NetworkFaults.NoNormalization(spec, "does without"),
        ];

    private static Graph WriteClassifier(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        bool codes = n.X.Rank == 2;
        Value x = codes ? Embedded(n, n.Embedding(spec, Width(spec))) : b.Transpose(n.Signal(), 2, 0, 1);
        Value features = b.Squeeze(Layers(n, spec, x, codes ? n.Present() : null)[^1], 0);
        return n.Finish(n.Head(spec, features, outputs), features);
    }

    // Nothing behind a code changes its score, so that padding needs no care.
    private static Graph WriteLanguageModel(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        Value table = n.Embedding(spec, Width(spec));
        Value x = n.X.Rank == 2 ? Embedded(n, table) : b.Transpose(n.Read(spec, table), 1, 0, 2);
        Value states = b.Concat(0, Layers(n, spec, x, present: null));
        return n.FinishLanguageModel(b.Reshape(b.Transpose(states, 1, 0, 2), -1, Width(spec)), table);
    }

    // [length, batch, width]
    private static Value Embedded(NetworkBuilder n, Value table) => n.Builder.Gather(table, n.Builder.Transpose(n.Codes(), 1, 0));

    // x [length, batch, F] -> the last layer's states [1, batch, width] behind each time: joined along time they need no reshaping
    private static Value[] Layers(NetworkBuilder n, NetworkSpec spec, Value x, Value? present)
    {
        GraphBuilder b = n.Builder;
        int length = (int)x.Shape[0].Size;
        // [1, batch, 1] each
        Value[]? kept = present is null ? null : [.. b.Split(b.Unsqueeze(b.Transpose(present, 1, 0), 2), 0, Ones(length))];
        Value[] states = [];
        for (int layer = 1; layer <= (spec.Layers ?? DefaultLayers); layer++)
        {
            x = layer == 1 ? x : b.Concat(0, states);
            states = Unrolled(n, spec, x, kept, $"layer{layer}");
        }

        return states;
    }

    private static Value[] Unrolled(NetworkBuilder n, NetworkSpec spec, Value x, Value[]? kept, string name)
    {
        GraphBuilder b = n.Builder;
        bool isLstm = spec.Type.StartsWith("lstm", StringComparison.Ordinal);
        (int units, int length, int features) = (Width(spec), (int)x.Shape[0].Size, (int)x.Shape[2].Size);
        int gates = isLstm ? 4 : 3;
        Value Parameter(string part, params int[] shape) => n.Parameter($"{name}.{part}", shape, InitialDistribution.Uniform, units);
        Value input = Parameter("input.weight", features, gates * units);
        Value bias = Parameter("bias", gates * units);
        Value recurrent = Parameter("state.weight", units, gates * units);
        Value? reset = isLstm ? null : Parameter("reset.bias", units);

        // what all times bring, in one product
        Value brought = b.Reshape(b.Gemm(b.Reshape(x, -1, features), input, bias), length, -1, gates * units);
        Value[] states = new Value[length];
        Value? h = null;
        Value? c = null;
        IReadOnlyList<Value> steps = b.Split(brought, 0, Ones(length));
        for (int t = 0; t < length; t++)
        {
            (Value next, Value? cell) = isLstm
                ? LstmStep(b, steps[t], h, c, recurrent, units)
                : (GruStep(b, steps[t], h, recurrent, reset!, units), null);
            h = Kept(next, h, t);
            c = cell is null ? null : Kept(cell, c, t);
            states[t] = h;
        }

        return states;

        Value Kept(Value next, Value? before, int t) =>
            kept is null ? next
            : before is null ? b.Mul(next, kept[t])
            : b.Add(before, b.Mul(kept[t], b.Sub(next, before)));
    }

    private static Value GruStep(GraphBuilder b, Value u, Value? h, Value recurrent, Value reset, int units)
    {
        IReadOnlyList<Value> brought = b.Split(u, 2, units, units, units);
        if (h is null)
        {
            Value first = b.Tanh(b.Add(brought[2], b.Mul(b.Sigmoid(brought[1]), reset)));
            return b.Sub(first, b.Mul(b.Sigmoid(brought[0]), first));
        }

        IReadOnlyList<Value> fed = b.Split(b.MatMul(h, recurrent), 2, units, units, units);
        Value z = b.Sigmoid(b.Add(brought[0], fed[0]));
        Value r = b.Sigmoid(b.Add(brought[1], fed[1]));
        Value proposed = b.Tanh(b.Add(brought[2], b.Mul(r, b.Add(fed[2], reset))));
        return b.Add(proposed, b.Mul(z, b.Sub(h, proposed)));
    }

    private static (Value State, Value Cell) LstmStep(GraphBuilder b, Value u, Value? h, Value? c, Value recurrent, int units)
    {
        IReadOnlyList<Value> gates = b.Split(h is null ? u : b.Add(u, b.MatMul(h, recurrent)), 2, units, units, units, units);
        Value written = b.Mul(b.Sigmoid(gates[0]), b.Tanh(gates[2]));
        Value cell = c is null ? written : b.Add(b.Mul(b.Sigmoid(b.Add(gates[1], 1)), c), written);
        return (b.Mul(b.Sigmoid(gates[3]), b.Tanh(cell)), cell);
    }

    private static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
}
