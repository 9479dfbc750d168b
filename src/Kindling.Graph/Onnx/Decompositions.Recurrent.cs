namespace Kindling.Graphs.Onnx;

/// <content>Recurrent layers, unrolled. x is x W + bias of a step, h and c the states, null where they are 0; R is [hidden, gates * hidden].</content>
internal static partial class Decompositions
{
    // i, o, f = sigmoid(x + h R + P c), c' = tanh(x + h R), c = f c + i c', h = o tanh(c), where P of o sees the new c;
    // clip bounds what the gates see, not c, as in ONNX Runtime
    private static IReadOnlyList<Value?> LongShortTermMemory(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        bool coupled = f.Int("input_forget", 0) != 0;
        return RecurrentLayer.Unroll(f, gates: 4, states: 2, Cells);

        RecurrentLayer.Cell Cells(RecurrentLayer layer)
        {
            Func<Value, Value>[] activations = RecurrentActivations.Take(f, ["Sigmoid", "Tanh", "Tanh"], layer.Directions);
            long size = layer.HiddenSize;
            return (direction, recurrence, biases) =>
            {
                Func<Value, Value>[] act = activations[(3 * direction)..(3 * (direction + 1))];
                Value[]? peepholes = f.Optional(7) is { } p ? [.. b.Split(layer.Of(direction, p), 0, size, size, size)] : null;
                return (biases is { } both ? b.Add(both.OfInput, both.OfState) : null, Step);

                Value[] Step(Value x, Value?[] states)
                {
                    (Value? h, Value? c) = (states[0], states[1]);
                    IReadOnlyList<Value> gates = b.Split(Plus(b, x, h, recurrence), 2, size, size, size, size);
                    Value i = act[0](layer.Clip(Seen(gates[0], 0, c)));
                    Value candidate = b.Mul(i, act[1](layer.Clip(gates[3])));
                    Value next = candidate;
                    if (c is not null)
                    {
                        Value forget = coupled ? b.Sub(b.ScalarLike(i, 1), i) : act[0](layer.Clip(Seen(gates[2], 2, c)));
                        next = b.Add(b.Mul(forget, c), candidate);
                    }

                    Value o = act[0](layer.Clip(Seen(gates[1], 1, next)));
                    return [b.Mul(o, act[2](next)), next];
                }

                Value Seen(Value gate, int index, Value? cell) =>
                    peepholes is null || cell is null ? gate : b.Add(gate, b.Mul(peepholes[index], cell));
            };
        }
    }

    // z, r = sigmoid(x + h R), h' = tanh(x + (r h) R) or tanh(x + r (h R + bias)), h = (1 - z) h' + z h
    private static IReadOnlyList<Value?> GatedRecurrentUnit(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        bool resetsProduct = f.Int("linear_before_reset", 0) != 0;
        return RecurrentLayer.Unroll(f, gates: 3, states: 1, Cells);

        RecurrentLayer.Cell Cells(RecurrentLayer layer)
        {
            Func<Value, Value>[] activations = RecurrentActivations.Take(f, ["Sigmoid", "Tanh"], layer.Directions);
            long size = layer.HiddenSize;
            return (direction, recurrence, biases) =>
            {
                Func<Value, Value>[] act = activations[(2 * direction)..(2 * (direction + 1))];
                IReadOnlyList<Value> parts = b.Split(recurrence, 1, 2 * size, size);
                Value? bias = null;
                Value? resetBias = null;
                if (biases is { } both)
                {
                    bias = b.Add(both.OfInput, both.OfState);
                    if (resetsProduct)
                    {
                        IReadOnlyList<Value> halves = b.Split(both.OfState, 0, 2 * size, size);
                        bias = b.Add(both.OfInput, b.Pad(halves[0], b.Ints(0, size)));
                        resetBias = halves[1];
                    }
                }

                return (bias, Step);

                Value[] Step(Value x, Value?[] states)
                {
                    Value? h = states[0];
                    IReadOnlyList<Value> inputs = b.Split(x, 2, 2 * size, size);
                    IReadOnlyList<Value> gates = b.Split(Plus(b, inputs[0], h, parts[0]), 2, size, size);
                    Value z = act[0](layer.Clip(gates[0]));
                    Value one = b.ScalarLike(z, 1);
                    Value fresh = act[1](layer.Clip(Candidate(inputs[1], h, gates[1])));
                    Value next = b.Mul(b.Sub(one, z), fresh);
                    return [h is null ? next : b.Add(next, b.Mul(z, h))];
                }

                Value Candidate(Value x, Value? h, Value gate)
                {
                    Value? product = resetsProduct && h is not null ? b.MatMul(h, parts[1]) : null;
                    Value? seen =
                        !resetsProduct ? h
                        : product is null ? resetBias
                        : resetBias is null ? product
                        : b.Add(product, resetBias);
                    if (seen is null)
                    {
                        return x;
                    }

                    Value reset = b.Mul(act[0](layer.Clip(gate)), seen);
                    return b.Add(x, resetsProduct ? reset : b.MatMul(reset, parts[1]));
                }
            };
        }
    }

    // h = tanh(x + h R)
    private static IReadOnlyList<Value?> SimpleRecurrence(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        return RecurrentLayer.Unroll(
            f,
            gates: 1,
            states: 1,
            layer =>
            {
                Func<Value, Value>[] activations = RecurrentActivations.Take(f, ["Tanh"], layer.Directions);
                return (direction, recurrence, biases) =>
                    (
                        biases is { } both ? b.Add(both.OfInput, both.OfState) : null,
                        (x, states) => [activations[direction](layer.Clip(Plus(b, x, states[0], recurrence)))]
                    );
            }
        );
    }

    private static Value Plus(GraphBuilder b, Value x, Value? h, Value recurrence) => h is null ? x : b.Add(x, b.MatMul(h, recurrence));
}
