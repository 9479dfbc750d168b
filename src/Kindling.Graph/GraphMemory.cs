namespace Kindling.Graphs;

/// <summary>The memory that a run of a graph takes, from the lives of its values.</summary>
public static class GraphMemory
{
    // Their output is their input's memory in another shape.
    private static readonly HashSet<string> Views = new(StringComparer.Ordinal)
    {
        "Identity",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
    };

    /// <summary>
    /// The most that the nodes' values hold at one time when they are computed in order and given up after their last use; inputs, constants and outputs,
    /// which live elsewhere, are not counted.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="batch">The symbol of the number of examples.</param>
    /// <returns>Bytes, and bytes for each example; null where the size of a value depends on something else.</returns>
    public static (long Bytes, long BytesPerExample)? Of(Graph graph, string batch = "batch")
    {
        ArgumentNullException.ThrowIfNull(graph);
        Dictionary<Value, Value> owners = [];
        Dictionary<Value, int> last = [];
        HashSet<Value> outside = [.. graph.Inputs, .. graph.Constants, .. graph.Outputs];
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            Node node = graph.Nodes[i];
            foreach (Value output in node.Outputs.OfType<Value>())
            {
                owners[output] = Views.Contains(node.OpType) && !outside.Contains(output) ? Owner(node.Inputs[0]!) : output;
            }

            foreach (Value value in node.Inputs.Concat(node.Outputs).OfType<Value>())
            {
                last[Owner(value)] = i;
            }
        }

        ILookup<int, Value> ends = last.Where(pair => !outside.Contains(pair.Key)).ToLookup(pair => pair.Value, pair => pair.Key);
        (long Fixed, long PerExample) live = default;
        (long Fixed, long PerExample) most = default;
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (Value value in graph.Nodes[i].Outputs.OfType<Value>().Where(v => Owner(v) == v && !outside.Contains(v)))
            {
                if (Size(value, batch) is not var (bytes, perExample))
                {
                    return null;
                }

                live = (live.Fixed + bytes, live.PerExample + perExample);
            }

            most = (Math.Max(most.Fixed, live.Fixed), Math.Max(most.PerExample, live.PerExample));
            foreach (Value value in ends[i])
            {
                (long bytes, long perExample) = Size(value, batch)!.Value;
                live = (live.Fixed - bytes, live.PerExample - perExample);
            }
        }

        return (most.Fixed, most.PerExample);

        Value Owner(Value value) => owners.GetValueOrDefault(value, value);
    }

    private static (long Fixed, long PerExample)? Size(Value value, string batch)
    {
        Dimension count = value.Shape.ElementCount;
        return count.IsKnown ? (count.Size * value.Type.Size(), 0)
            : Dimension.Divide(count, batch) is { IsKnown: true } perExample ? (0, perExample.Size * value.Type.Size())
            : null;
    }
}
