using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Copies a graph node by node. What is not replaced keeps its names; a constant that stands for a value takes the value's name, so that no new
/// names are needed.
/// </summary>
internal sealed class Rewriter
{
    private readonly Dictionary<Value, Value> map = [];
    private readonly Graph source;

    public Rewriter(Graph source)
    {
        this.source = source;
        Target = new GraphBuilder(source.Name);
        Target.Reserved.UnionWith(source.Nodes.Select(node => node.Name));
        Target.Reserved.UnionWith(source.Nodes.SelectMany(node => node.Outputs).OfType<Value>().Select(value => value.Name));
        Target.Reserved.UnionWith(source.Constants.Select(constant => constant.Name));
        foreach (Value input in source.Inputs)
        {
            map[input] = Target.Input(input.Name, input.Type, input.Shape);
        }
    }

    /// <summary>The copy so far.</summary>
    public GraphBuilder Target { get; }

    /// <summary>The value of the copy that stands for a value of the source; a constant is copied at its first use.</summary>
    public Value Map(Value value)
    {
        if (!map.TryGetValue(value, out Value? mapped))
        {
            map[value] = mapped = Target.Constant(value.Constant!, value.Name);
        }

        return mapped;
    }

    /// <summary>Lets a value of the copy stand for a value of the source.</summary>
    public void Replace(Value value, Value by) => map[value] = by;

    /// <summary>Lets a constant stand for a value of the source.</summary>
    public void Replace(Value value, Tensor by) => map[value] = Target.Constant(by, value.Name);

    /// <summary>Copies a node, with other inputs (values of the copy) if given.</summary>
    public void Copy(Node node, IEnumerable<Value?>? inputs = null)
    {
        IReadOnlyList<Value> outputs = Target.Ops(
            node.OpType,
            node.Outputs.Count,
            inputs ?? node.Inputs.Select(v => v is null ? null : Map(v)),
            node.Attributes,
            node.Name,
            [.. node.Outputs.Select((v, i) => v?.Name ?? $"{node.Name}.unused{i}")]
        );
        for (int i = 0; i < outputs.Count; i++)
        {
            if (node.Outputs[i] is { } output)
            {
                map[output] = outputs[i];
            }
        }
    }

    /// <summary>Declares the outputs and checks that the copy has the interface of the source.</summary>
    /// <exception cref="GraphException">An output changed its type or rank.</exception>
    public Graph Finish(string pass)
    {
        foreach (Value output in source.Outputs)
        {
            Value copy = Target.Output(Map(output), output.Name);
            if (copy.Name != output.Name || copy.Type != output.Type || copy.Rank != output.Rank)
            {
                throw new GraphException($"Pass {pass}: output {output} became {copy}.");
            }
        }

        return Target.Graph;
    }
}
