using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A network with frozen weights in two parts: what it computes before the first parameter that is trained, which is the same in every step and for every user,
/// and the rest. The first part runs once for each example; what the second reads of it is kept.
/// </summary>
/// <param name="Backbone">(x, frozen parameters) -> values [batch, ...] that the rest reads.</param>
/// <param name="Rest">The network with those values as inputs in place of x.</param>
public sealed record FrozenPrefix(Graph Backbone, NetworkGraphs Rest)
{
    // Weights that an imported network keeps as constants; smaller ones are numbers and tables that any network has.
    private const int WeightElements = 1024;

    /// <summary>
    /// Splits a network; null where no product with frozen parameters, or with weights that are constants, stands before the parameters that are trained, or where
    /// examples of a batch are no longer apart.
    /// </summary>
    public static FrozenPrefix? Of(NetworkGraphs network)
    {
        ArgumentNullException.ThrowIfNull(network);
        HashSet<string> frozen = [.. network.Parameters.Where(p => p.IsFrozen).Select(p => p.Name)];
        if (network.Normalization is Normalization.Batch or Normalization.Support)
        {
            return null;
        }

        // The rest of both graphs reads the same values, so that one backbone serves both.
        HashSet<string> known = [.. frozen, "x"];
        HashSet<string> support = Cold(network.Support, known);
        HashSet<string> infer = Cold(network.Infer, known);
        support.IntersectWith(infer);
        if (!SamePrefix(network, support))
        {
            return null;
        }

        string[] crossing = Settle(network, support);
        if (!network.Infer.Nodes.Any(n => support.Contains(n.Name) && HasWeights(n, frozen)))
        {
            return null;
        }

        Graph backbone = WriteBackbone(network.Infer, support, crossing, frozen);
        Graph after = WriteRest(network.Support, support, crossing);
        return new(
            backbone,
            new NetworkGraphs
            {
                Support = after,
                Infer = ReferenceEquals(network.Support, network.Infer) ? after : WriteRest(network.Infer, support, crossing),
                Parameters = network.Parameters,
                Statistics = network.Statistics,
                Normalization = network.Normalization,
            }
        );
    }

    private static bool HasWeights(Node node, HashSet<string> frozen) =>
        node.Inputs.Any(v =>
            v is not null
            && (
                frozen.Contains(v.Name)
                || (node.OpType is "Conv" or "ConvTranspose" or "Gemm" or "MatMul" && v.Constant?.Count >= WeightElements)
            )
        );

    /// <summary>Nodes that read nothing but the input, frozen parameters, constants and each other.</summary>
    private static HashSet<string> Cold(Graph graph, HashSet<string> known)
    {
        HashSet<Value> values = [.. graph.Constants, .. graph.Inputs.Where(v => known.Contains(v.Name))];
        HashSet<string> nodes = [];
        foreach (Node node in graph.Nodes.Where(n => n.Inputs.All(v => v is null || values.Contains(v))))
        {
            _ = nodes.Add(node.Name);
            values.UnionWith(node.Outputs.OfType<Value>());
        }

        return nodes;
    }

    private static bool SamePrefix(NetworkGraphs network, HashSet<string> cold)
    {
        if (ReferenceEquals(network.Support, network.Infer))
        {
            return true;
        }

        static IEnumerable<string> Text(Graph graph, HashSet<string> cold) =>
            graph
                .Nodes.Where(n => cold.Contains(n.Name))
                .Select(n =>
                    $"{n.Name} {n.OpType} {string.Join(',', n.Inputs.Select(v => v?.Constant is { } c ? Convert.ToHexString(c.Bytes) : v?.Name))} {string.Join(',', n.Outputs.Select(v => v?.Name))}"
                );
        return Text(network.Support, cold).SequenceEqual(Text(network.Infer, cold));
    }

    // What crosses from cold to other nodes has to be float and a row for each example: the nodes of anything else are computed again, on the other side.
    private static string[] Settle(NetworkGraphs network, HashSet<string> cold)
    {
        while (true)
        {
            Value[] crossing = [.. new[] { network.Support, network.Infer }.Distinct().SelectMany(g => Crossing(g, cold))];
            Value? unfit = Array.Find(crossing, v => v.Producer is not null && !IsRowed(v));
            if (unfit is null)
            {
                return [.. crossing.Select(v => v.Name).Distinct(StringComparer.Ordinal)];
            }

            _ = cold.Remove(unfit.Producer!.Name);
        }
    }

    private static IEnumerable<Value> Crossing(Graph graph, HashSet<string> cold)
    {
        IEnumerable<Value> read = graph.Nodes.Where(n => !cold.Contains(n.Name)).SelectMany(n => n.Inputs).OfType<Value>();
        return read.Concat(graph.Outputs)
            .Where(v => v.Name == "x" || (v.Producer is { } producer && cold.Contains(producer.Name)))
            .Distinct();
    }

    private static bool IsRowed(Value value) =>
        value.Type == ElementType.Float
        && value.Rank > 0
        && value.Shape[0].ToString() == "batch"
        && value.Shape.Skip(1).All(d => d.IsKnown);

    private static Graph WriteBackbone(Graph graph, HashSet<string> cold, string[] crossing, HashSet<string> frozen)
    {
        HashSet<string> read =
        [
            .. graph.Nodes.Where(n => cold.Contains(n.Name)).SelectMany(n => n.Inputs).OfType<Value>().Select(v => v.Name),
        ];
        GraphBuilder b = new("backbone");
        Dictionary<string, Value> values = new(StringComparer.Ordinal);
        foreach (Value input in graph.Inputs.Where(v => v.Name == "x" || (frozen.Contains(v.Name) && read.Contains(v.Name))))
        {
            values[input.Name] = b.Input(input.Name, input.Type, input.Shape);
        }

        Copy(b, graph, values, n => cold.Contains(n.Name));
        foreach (string name in crossing)
        {
            _ = b.Output(values[name], CrossingName(name));
        }

        return b.Graph;
    }

    private static Graph WriteRest(Graph graph, HashSet<string> cold, string[] crossing)
    {
        GraphBuilder b = new(graph.Name);
        Dictionary<string, Value> values = new(StringComparer.Ordinal);
        foreach (Value value in crossing.Select(name => graph[name]))
        {
            values[value.Name] = b.Input(CrossingName(value.Name), value.Type, value.Shape);
        }

        foreach (Value input in graph.Inputs.Where(v => v.Name != "x"))
        {
            values[input.Name] = b.Input(input.Name, input.Type, input.Shape);
        }

        Copy(b, graph, values, n => !cold.Contains(n.Name));
        foreach (Value output in graph.Outputs)
        {
            _ = b.Output(values[output.Name], output.Name);
        }

        return b.Graph;
    }

    // The names of values may be those of outputs, which the rest has as well.
    private static string CrossingName(string name) => $"{name}.kept";

    private static void Copy(GraphBuilder b, Graph graph, Dictionary<string, Value> values, Func<Node, bool> wanted)
    {
        Node[] nodes = [.. graph.Nodes.Where(wanted)];
        HashSet<Value> read = [.. nodes.SelectMany(n => n.Inputs).OfType<Value>()];
        foreach (Value constant in graph.Constants.Where(read.Contains))
        {
            values[constant.Name] = b.Constant(constant.Constant!, constant.Constant!.Bytes.Length > 256 ? constant.Name : null);
        }

        foreach (Node node in nodes)
        {
            b.Copy(node, values);
        }
    }
}
