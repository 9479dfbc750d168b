using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A loss that is learned: a recurrent network reads what a network makes of the support examples, in their order, and says how much is amiss. It reads no
/// labels. Gated recurrent units (Cho et al. 2014, equations 5 to 8), over u(t) = (features, output) of example t, from h(0) = 0:
/// z = sigmoid(u Wz + h Uz + bz); r = sigmoid(u Wr + h Ur + br); n = tanh(u Wn + (r o h) Un + bn); h' = z o h + (1 - z) o n; the loss is the mean
/// over t and units of (h(t) V)^2.
/// </summary>
public static class LearnedLoss
{
    /// <summary>Name of the support graph's output: float [].</summary>
    public const string Output = "loss";

    /// <summary>What the names of its parameters begin with.</summary>
    public const string Prefix = "loss.";

    /// <summary>The network with the loss as a further output of its support graph, and the loss's parameters behind its own.</summary>
    /// <param name="network">The network; its support graph reads no labels.</param>
    /// <param name="units">Units of the recurrent network.</param>
    /// <param name="examples">Examples in a support set: the recurrence is written out for as many, so that it consists of plain operators.</param>
    /// <exception cref="GraphException">The network reads labels, or a number is below 1.</exception>
    public static NetworkGraphs Append(NetworkGraphs network, int units, int examples)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (units < 1 || examples < 1 || network.Support.Inputs.Any(v => v.Name == "y"))
        {
            throw new GraphException(
                $"A learned loss needs units, examples and a network that reads no labels; got {units} units, {examples} examples and inputs {string.Join(", ", network.Support.Inputs.Select(v => v.Name))}."
            );
        }

        ParameterSpec[] own = Parameters(network, units);
        GraphBuilder support = new(network.Support.Name);
        (IReadOnlyDictionary<string, Value> values, Value[] weights) = Copy(support, network.Support, network.Parameters[^1].Name, own);
        _ = support.Output(Write(support, values["features"], values["output"], weights, units, examples), Output);
        GraphBuilder infer = new(network.Infer.Name);
        _ = Copy(infer, network.Infer, network.Parameters[^1].Name, own);
        return new NetworkGraphs
        {
            Support = support.Graph,
            Infer = infer.Graph,
            Parameters = [.. network.Parameters, .. own],
            Statistics = network.Statistics,
            Normalization = network.Normalization,
        };
    }

    private static ParameterSpec[] Parameters(NetworkGraphs network, int units)
    {
        int features = (int)network.Support.Output("features").Shape[1].Size;
        int outputs = (int)network.Support.Output("output").Shape[1].Size;
        ParameterSpec Weights(string name, int from, int to) => new(Prefix + name, [from, to], InitialDistribution.Uniform, units, false);
        return
        [
            Weights("features.weight", features, 3 * units),
            Weights("output.weight", outputs, 3 * units),
            Weights("state.weight", units, 3 * units),
            new(Prefix + "bias", [3 * units], InitialDistribution.Uniform, units, false),
            Weights("read.weight", units, units),
        ];
    }

    // The graph with further parameters behind its own, which stand before its statistics.
    private static (IReadOnlyDictionary<string, Value> Values, Value[] Weights) Copy(
        GraphBuilder b,
        Graph graph,
        string last,
        ParameterSpec[] own
    )
    {
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        Value[] weights = [];
        foreach (Value input in graph.Inputs)
        {
            bindings[input.Name] = b.Input(input.Name, input.Type, input.Shape);
            if (input.Name == last)
            {
                weights = [.. own.Select(p => b.Parameter(p.Name, p.Shape.Select(d => (long)d)))];
            }
        }

        IReadOnlyDictionary<string, Value> values = b.Inline(graph, bindings);
        foreach (Value output in graph.Outputs)
        {
            _ = b.Output(values[output.Name], output.Name);
        }

        return (values, weights);
    }

    // features [examples, F], output [examples, O]
    private static Value Write(GraphBuilder b, Value features, Value output, Value[] weights, int units, int examples)
    {
        Value Part(Value row, int gate) => b.Gather(row, b.Ints([.. Enumerable.Range(gate * units, units).Select(i => (long)i)]), 1);
        Value read = b.Add(b.Gemm(features, weights[0], weights[3]), b.MatMul(output, weights[1]));
        Value[] recurrent = [.. Enumerable.Range(0, 3).Select(gate => Part(weights[2], gate))];
        Value state = b.Constant(Tensor.Of<float>(new float[units], 1, units));
        List<Value> squares = [];
        for (int t = 0; t < examples; t++)
        {
            Value u = b.Gather(read, b.Ints(t), 0);
            Value keep = b.Sigmoid(b.Add(Part(u, 0), b.MatMul(state, recurrent[0])));
            Value reset = b.Sigmoid(b.Add(Part(u, 1), b.MatMul(state, recurrent[1])));
            Value proposed = b.Tanh(b.Add(Part(u, 2), b.MatMul(b.Mul(reset, state), recurrent[2])));
            state = b.Add(proposed, b.Mul(keep, b.Sub(state, proposed)));
            squares.Add(b.ReduceSumSquare(b.MatMul(state, weights[4]), keepDims: false));
        }

        return b.Mul(squares.Aggregate(b.Add), 1.0 / (examples * units));
    }
}
