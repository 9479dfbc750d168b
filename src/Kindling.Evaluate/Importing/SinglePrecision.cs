using Kindling.Graphs;

namespace Kindling.Evaluate.Importing;

/// <summary>Copies a graph with every name, with all floats as 32-bit floats, and with some inputs replaced.</summary>
internal static class SinglePrecision
{
    /// <summary>The copy, with one output.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="output">The output to keep.</param>
    /// <param name="inputs">What stands for an input, of the builder and the inputs before it; those that are not named stay inputs.</param>
    public static Graph Copy(Graph graph, string output, IReadOnlyDictionary<string, Func<GraphBuilder, Value>> inputs)
    {
        GraphBuilder b = new(graph.Name);
        b.Reserved.UnionWith(graph.Inputs.Concat(graph.Constants).Select(v => v.Name));
        b.Reserved.UnionWith(graph.Nodes.Select(n => n.Name));
        b.Reserved.UnionWith(graph.Nodes.SelectMany(n => n.Outputs).OfType<Value>().Select(v => v.Name));
        Dictionary<Value, Value> map = [];
        foreach (Value input in graph.Inputs.OrderBy(v => inputs.ContainsKey(v.Name)))
        {
            map[input] = inputs.TryGetValue(input.Name, out Func<GraphBuilder, Value>? other)
                ? other(b)
                : b.Input(input.Name, Single(input.Type), input.Shape);
        }

        foreach (Value constant in graph.Constants)
        {
            map[constant] = b.Constant(Single(constant.Constant!), constant.Name);
        }

        foreach (Node node in graph.Nodes)
        {
            IReadOnlyList<Value> outputs = b.Ops(
                node.OpType,
                node.Outputs.Count,
                node.Inputs.Select(v => v is null ? null : map[v]),
                new Attributes(node.Attributes.All.Select(a => (a.Key, (object?)Single(a.Key, a.Value)))),
                node.Name,
                [.. node.Outputs.Select((v, i) => v?.Name ?? $"{node.Name}.unused{i}")]
            );
            for (int i = 0; i < outputs.Count; i++)
            {
                if (node.Outputs[i] is { } value)
                {
                    map[value] = outputs[i];
                }
            }
        }

        _ = b.Output(map[graph.Output(output)]);
        return b.Graph;
    }

    /// <summary>The element type that stands for another.</summary>
    public static ElementType Single(ElementType type) => type is ElementType.Float16 or ElementType.Double ? ElementType.Float : type;

    private static object Single(string name, object value) =>
        value switch
        {
            Tensor tensor => Single(tensor),
            long type when name is "to" or "dtype" => (long)Single((ElementType)type),
            _ => value,
        };

    private static Tensor Single(Tensor tensor) =>
        tensor.Type switch
        {
            ElementType.Float16 => Tensor.Of<float>(Array.ConvertAll(tensor.AsSpan<Half>().ToArray(), h => (float)h), tensor.Sizes),
            ElementType.Double => Tensor.Of<float>(Array.ConvertAll(tensor.AsSpan<double>().ToArray(), d => (float)d), tensor.Sizes),
            _ => tensor,
        };
}
