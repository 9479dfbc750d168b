namespace Kindling.Graphs.Onnx;

/// <summary>
/// What LSTM, GRU and RNN have in common: directions, initial states, lengths of sequences, layout. The layer is unrolled through time, so its sequences must
/// have a known length; the batch may be known at run time only.
/// </summary>
/// <remarks>
/// Everything is [1, N, ...] within the loop, where time or direction is the first axis: parts of x W and states are then joined without reshaping. x W is one
/// product of all steps.
/// </remarks>
internal sealed class RecurrentLayer
{
    /// <summary>Longest sequence that is unrolled.</summary>
    public const int MostSteps = 4096;

    private readonly NodeForm form;
    private readonly GraphBuilder b;
    private readonly int gates;
    private readonly string direction;
    private readonly bool batchFirst;
    private readonly Value x;
    private readonly Value?[]? lengths;

    private RecurrentLayer(NodeForm form, int gates)
    {
        this.form = form;
        this.gates = gates;
        b = form.Builder;
        direction = form.Text("direction", "forward");
        Directions = direction switch
        {
            "forward" or "reverse" => 1,
            "bidirectional" => 2,
            _ => throw new GraphException($"{form.Where}: direction must be forward, reverse or bidirectional, got '{direction}'."),
        };
        batchFirst = form.Int("layout", 0) switch
        {
            0 => false,
            1 => true,
            var other => throw new GraphException($"{form.Where}: layout must be 0 or 1, got {other}."),
        };
        float clip = form.Float("clip", float.PositiveInfinity);
        Clip = v => float.IsPositiveInfinity(clip) ? v : b.Clip(v, b.ScalarLike(v, -clip), b.ScalarLike(v, clip));

        Value given = form.Input(0);
        Shape weights = form.Input(1).Shape;
        Shape recurrence = form.Input(2).Shape;
        HiddenSize = form.Int("hidden_size", recurrence.Rank == 3 && recurrence[2].IsKnown ? recurrence[2].Size : 0);
        if (
            given.Rank != 3
            || HiddenSize < 1
            || weights.Rank != 3
            || !weights[2].IsKnown
            || !weights.Equals(new Shape(Directions, gates * HiddenSize, weights[2].Size))
            || !recurrence.Equals(new Shape(Directions, gates * HiddenSize, HiddenSize))
        )
        {
            throw new GraphException(
                $"{form.Where}: expected an input of rank 3 and weights [{Directions}, {gates} * hidden_size, ...] for x and the state, hidden_size {HiddenSize}; "
                    + $"got {given.Shape}, {weights} and {recurrence}."
            );
        }

        Dimension steps = given.Shape[batchFirst ? 1 : 0];
        if (!steps.IsKnown)
        {
            throw new GraphException(
                $"{form.Where}: the length of its sequences must be known, because it is unrolled through time: dimension '{steps}' (axis {(batchFirst ? 1 : 0)} of '{given.Name}', {given.Shape}) must be fixed."
            );
        }

        if (steps.Size is < 1 or > MostSteps)
        {
            throw new GraphException($"{form.Where}: sequences of 1 to {MostSteps} steps are unrolled, got {steps}.");
        }

        Steps = (int)steps.Size;
        x = batchFirst ? b.Transpose(given, 1, 0, 2) : given;
        lengths = Lengths();
    }

    /// <summary>Number of directions, 1 or 2.</summary>
    public int Directions { get; }

    /// <summary>Length of the sequences.</summary>
    public int Steps { get; }

    /// <summary>Size of the state.</summary>
    public long HiddenSize { get; }

    /// <summary>Bounds what goes into an activation.</summary>
    public Func<Value, Value> Clip { get; }

    /// <summary>One step: parts of x W + bias [1, N, gates * hidden], states before it [1, N, hidden] (null is 0); gives the states after it.</summary>
    public delegate Value[] Step(Value input, Value?[] states);

    /// <summary>Prepares the step of one direction from its weights.</summary>
    /// <param name="direction">0 or 1.</param>
    /// <param name="recurrence">[hidden, gates * hidden].</param>
    /// <param name="biases">Those of x and those of the state, [gates * hidden]; or null.</param>
    /// <returns>What is added to x W for all steps, or null; and the step.</returns>
    public delegate (Value? Bias, Step Step) Cell(int direction, Value recurrence, (Value OfInput, Value OfState)? biases);

    /// <summary>Unrolls a node.</summary>
    /// <param name="form">The node.</param>
    /// <param name="gates">Rows of the weights by the size of the state.</param>
    /// <param name="states">States that a step hands on; the first is what comes out.</param>
    /// <param name="cell">Makes the cell of the layer.</param>
    /// <returns>All outputs of every step, then each state after the last; null where not asked for.</returns>
    public static IReadOnlyList<Value?> Unroll(NodeForm form, int gates, int states, Func<RecurrentLayer, Cell> cell)
    {
        RecurrentLayer layer = new(form, gates);
        Cell made = cell(layer);
        (Value[] Outputs, Value[] States)[] results = [.. Enumerable.Range(0, layer.Directions).Select(d => layer.Run(d, states, made))];
        List<Value?> outputs = [form.Wants(0) ? layer.Sequence([.. results.Select(r => r.Outputs)]) : null];
        for (int i = 0; i < states; i++)
        {
            int state = i;
            outputs.Add(form.Wants(i + 1) ? layer.Last([.. results.Select(r => r.States[state])]) : null);
        }

        return outputs;
    }

    /// <summary>The part of an input whose first axis is the direction, without that axis.</summary>
    public Value Of(int index, Value input) =>
        b.Squeeze(Directions == 1 ? input : b.Split(input, 0, [.. Enumerable.Repeat(1L, Directions)])[index], 0);

    private (Value[] Outputs, Value[] States) Run(int index, int count, Cell cell)
    {
        (Value OfInput, Value OfState)? biases = null;
        if (form.Optional(3) is { } bias)
        {
            IReadOnlyList<Value> halves = b.Split(Of(index, bias), 0, gates * HiddenSize, gates * HiddenSize);
            biases = (halves[0], halves[1]);
        }

        (Value? added, Step step) = cell(index, b.Transpose(Of(index, form.Input(2)), 1, 0), biases);
        Value[] inputs = Products(index, added);
        Value?[] states = [.. Enumerable.Range(0, count).Select(i => Initial(index, form.Optional(5 + i)))];
        if (lengths?[0] is { } any)
        {
            // of a sequence without steps ONNX Runtime makes 0, whatever its initial state
            states = [.. states.Select(s => s is null ? null : b.Where(any, s, b.ScalarLike(s, 0)))];
        }

        Value[] outputs = new Value[Steps];
        bool backwards = direction == "reverse" || index == 1;
        for (int i = 0; i < Steps; i++)
        {
            int t = backwards ? Steps - 1 - i : i;
            Value[] next = step(inputs[t], states);
            outputs[t] = next[0];
            if (lengths?[t] is { } within)
            {
                // Behind the end of a sequence the state stays and what comes out is 0.
                Value zero = b.ScalarLike(x, 0);
                next = [.. next.Zip(states, (after, before) => b.Where(within, after, before ?? zero))];
                outputs[t] = states[0] is null ? next[0] : b.Where(within, outputs[t], zero);
            }

            states = next;
        }

        return (outputs, [.. states.Select(s => s!)]);
    }

    // x W + bias of all steps [T, N, gates * hidden], cut into steps
    private Value[] Products(int index, Value? bias)
    {
        Value weights = Of(index, form.Input(1));
        Value product = b.MatMul(b.Reshape(x, -1, weights.Shape[1].Size), b.Transpose(weights, 1, 0));
        product = bias is null ? product : b.Add(product, bias);
        Value steps = b.Reshape(product, Steps, -1, gates * HiddenSize);
        return Steps == 1 ? [steps] : [.. b.Split(steps, 0, [.. Enumerable.Repeat(1L, Steps)])];
    }

    // [directions, N, hidden] or [N, directions, hidden] -> [1, N, hidden]
    private Value? Initial(int index, Value? given)
    {
        if (given is null)
        {
            return null;
        }

        Value all = batchFirst ? b.Transpose(given, 1, 0, 2) : given;
        if (all.Rank != 3 || !all.Shape[0].Is(Directions) || !all.Shape[2].Is(HiddenSize))
        {
            throw new GraphException(
                $"{form.Where}: expected initial states of {Directions} directions and {HiddenSize} units, got {given.Shape}."
            );
        }

        Value one = Directions == 1 ? all : b.Split(all, 0, [.. Enumerable.Repeat(1L, Directions)])[index];
        return one.Shape[1] == x.Shape[1] || one.Shape[1].IsKnown
            ? one
            : b.Reshape(one, b.Concat(0, b.Ints(1), Batch(), b.Ints(HiddenSize)));
    }

    // For each step, whether it lies within the sequence, [1, N, 1]; null where all do.
    private Value?[]? Lengths()
    {
        if (form.Optional(4) is not { } given || given.Constant?.ToInt64().All(length => length == Steps) == true)
        {
            return null;
        }

        if (given.Rank != 1 || given.Type is not (ElementType.Int32 or ElementType.Int64))
        {
            throw new GraphException($"{form.Where}: expected sequence_lens as integers [batch], got {given.Type} {given.Shape}.");
        }

        Value one =
            given.Shape[0] == x.Shape[1] || given.Shape[0].IsKnown
                ? b.Unsqueeze(given, 0, 2)
                : b.Reshape(given, b.Concat(0, b.Ints(1), Batch(), b.Ints(1)));
        return [.. Enumerable.Range(0, Steps).Select(t => b.Less(b.ScalarLike(given, t), one))];
    }

    // Two inputs may have different symbols for the batch, which is that of x.
    private Value Batch() => b.Op("Shape", [x], ("start", 1L), ("end", 2L));

    private Value Sequence(Value[][] outputs)
    {
        Value[] parts = [.. outputs.Select(steps => b.Unsqueeze(Joined(steps, 0), 1))];
        Value all = Joined(parts, 1);
        return batchFirst ? b.Transpose(all, 2, 0, 1, 3) : all;
    }

    private Value Last(Value[] states)
    {
        Value all = Joined(states, 0);
        return batchFirst ? b.Transpose(all, 1, 0, 2) : all;
    }

    private Value Joined(Value[] parts, long axis) => parts.Length == 1 ? parts[0] : b.Concat(axis, parts);
}
