using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// Adds the parts of an <see cref="AdapterSpec"/> to any network and freezes the rest. At their start they change nothing: the second matrix of LoRA, scales less
/// 1 and shifts are 0, so that the network computes what it did before.
/// </summary>
public static class Adapters
{
    /// <summary>The network with adapters: its parameters first, in their order, then those of the adapters.</summary>
    /// <param name="network">A network.</param>
    /// <param name="spec">What to add.</param>
    /// <param name="isTarget">Whether the patterns of <see cref="AdapterSpec.Targets"/> name a parameter.</param>
    /// <exception cref="GraphException">The patterns match nothing that can have such adapters: weights of MatMul, Gemm, or Conv with one group.</exception>
    public static NetworkGraphs Apply(NetworkGraphs network, AdapterSpec spec, Func<string, bool> isTarget)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(isTarget);
        ParameterSpec[] body = [.. network.Parameters.Where(p => !p.IsHead && !p.IsFixed)];
        string[] possible = spec.Type switch
        {
            "bias" => [.. body.Select(p => p.Name).Where(n => spec.Targets.Length > 0 || IsBias(n))],
            "head" => [],
            _ => [.. Slots(network, spec, body).Keys],
        };
        string[] targets = [.. possible.Where(isTarget)];
        if (spec.Type != "head" && targets.Length == 0)
        {
            throw new GraphException(
                $"adapters.targets: '{spec.Targets}' matches none of the parameters that can have adapters of type {spec.Type}: {(possible.Length == 0 ? "there are none" : string.Join(", ", possible))}."
            );
        }

        HashSet<string> free = spec.Type == "bias" ? [.. targets] : [];
        Dictionary<string, Slot> slots = spec.Type is "lora" or "film"
            ? Slots(network, spec, body.Where(p => targets.Contains(p.Name)))
            : [];
        ParameterSpec[] own = [.. slots.Values.SelectMany(s => s.Parameters)];
        Graph support = Write(network.Support, network, spec, slots, own);
        return new NetworkGraphs
        {
            Support = support,
            Infer = ReferenceEquals(network.Support, network.Infer) ? support : Write(network.Infer, network, spec, slots, own),
            Parameters = [.. network.Parameters.Select(p => p.IsHead || p.IsFixed || free.Contains(p.Name) ? p : p.Frozen()), .. own],
            Statistics = network.Statistics,
            Normalization = network.Normalization,
        };
    }

    private static bool IsBias(string name) =>
        name.EndsWith("bias", StringComparison.Ordinal) || name.EndsWith("shift", StringComparison.Ordinal);

    private static Dictionary<string, Slot> Slots(NetworkGraphs network, AdapterSpec spec, IEnumerable<ParameterSpec> candidates)
    {
        Dictionary<string, Slot> slots = new(StringComparer.Ordinal);
        foreach (ParameterSpec parameter in candidates)
        {
            Node[] readers = [.. network.Support.Nodes.Where(n => n.Inputs.Any(v => v?.Name == parameter.Name))];
            if (readers.Length > 0 && Array.TrueForAll(readers, n => Fits(n, parameter)))
            {
                slots[parameter.Name] = Slot.Of(parameter, readers[0], spec);
            }
        }

        return slots;
    }

    private static bool Fits(Node node, ParameterSpec parameter) =>
        node.Input(1)?.Name == parameter.Name
        && node.Inputs.Count(v => v?.Name == parameter.Name) == 1
        && node.OpType switch
        {
            "MatMul" => parameter.Shape.Count == 2,
            "Gemm" => node.Attributes.Int("transA", 0) == 0,
            "Conv" => node.Attributes.Int("group", 1) == 1,
            _ => false,
        };

    private static Graph Write(Graph graph, NetworkGraphs network, AdapterSpec spec, Dictionary<string, Slot> slots, ParameterSpec[] own)
    {
        GraphBuilder b = new(graph.Name);
        b.Reserved.UnionWith(graph.Nodes.Select(n => n.Name));
        Dictionary<string, Value> values = new(StringComparer.Ordinal);
        string last = network.Parameters[^1].Name;
        foreach (Value input in graph.Inputs)
        {
            values[input.Name] = b.Input(input.Name, input.Type, input.Shape);
            foreach (ParameterSpec parameter in input.Name == last ? own : [])
            {
                values[parameter.Name] = b.Parameter(parameter.Name, parameter.Shape.Select(d => (long)d));
            }
        }

        foreach (Value constant in graph.Constants)
        {
            values[constant.Name] = b.Constant(constant.Constant!, constant.Constant!.Bytes.Length > 256 ? constant.Name : null);
        }

        foreach (Node node in graph.Nodes)
        {
            b.Copy(node, values);

            if (node.Input(1) is { } weight && slots.TryGetValue(weight.Name, out Slot? slot))
            {
                Value[] parts = [.. slot.Parameters.Select(p => values[p.Name])];
                Value x = values[node.Input(0)!.Name];
                values[node.Output.Name] =
                    spec.Type == "lora"
                        ? Lora(b, node, x, values[node.Output.Name], parts, spec)
                        : Film(b, node, values[node.Output.Name], parts);
            }
        }

        foreach (Value output in graph.Outputs)
        {
            _ = b.Output(values[output.Name], output.Name);
        }

        return b.Graph;
    }

    private static Value Lora(GraphBuilder b, Node node, Value x, Value y, Value[] parts, AdapterSpec spec)
    {
        Value product =
            node.OpType == "Conv"
                ? b.Conv(b.Ops("Conv", 1, [x, parts[0]], node.Attributes)[0], parts[1])
                : b.MatMul(b.MatMul(x, parts[0]), parts[1]);
        double scale = (spec.Alpha == 0 ? 1 : spec.Alpha / spec.Rank) * (node.OpType == "Gemm" ? node.Attributes.Float("alpha", 1) : 1);
        return b.Add(y, scale == 1 ? product : b.Mul(product, scale));
    }

    private static Value Film(GraphBuilder b, Node node, Value y, Value[] parts)
    {
        if (node.OpType == "Conv")
        {
            long[] perChannel = [1, -1, .. Enumerable.Repeat(1L, y.Rank - 2)];
            parts = [.. parts.Select(p => b.Reshape(p, perChannel))];
        }

        return b.Add(b.Mul(y, b.Add(parts[0], 1)), parts[1]);
    }

    /// <summary>What one target gets.</summary>
    private sealed record Slot(ParameterSpec[] Parameters)
    {
        public static Slot Of(ParameterSpec weight, Node reader, AdapterSpec spec)
        {
            string stem = weight.Name.EndsWith(".weight", StringComparison.Ordinal) ? weight.Name[..^".weight".Length] : weight.Name;
            int[] shape = [.. weight.Shape];
            bool isConv = reader.OpType == "Conv";
            bool outFirst = isConv || reader.Attributes.Int("transB", 0) == 1;
            (int from, int to) = outFirst ? (shape[1], shape[0]) : (shape[0], shape[1]);
            int[] kernel = isConv ? shape[2..] : [];
            int fanIn = kernel.Aggregate(from, (a, k) => a * k);
            ParameterSpec Part(string name, int[] of, InitialDistribution initial, int fan) =>
                new($"{stem}.{name}", of, initial, fan, IsHead: false);
            return spec.Type == "film"
                ? new([Part("film.scale", [to], InitialDistribution.Zeros, to), Part("film.shift", [to], InitialDistribution.Zeros, to)])
                : new([
                    Part("lora.a", isConv ? [spec.Rank, from, .. kernel] : [from, spec.Rank], InitialDistribution.Uniform, fanIn),
                    Part(
                        "lora.b",
                        isConv ? [to, spec.Rank, .. kernel.Select(_ => 1)] : [spec.Rank, to],
                        InitialDistribution.Zeros,
                        spec.Rank
                    ),
                ]);
        }
    }
}
