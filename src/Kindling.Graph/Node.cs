namespace Kindling.Graphs;

/// <summary>One operation of a graph.</summary>
public sealed class Node
{
    internal Node(string name, string opType, string domain, IEnumerable<Value?> inputs, Attributes attributes)
    {
        Name = name;
        OpType = opType;
        Domain = domain;
        Inputs = [.. inputs];
        Attributes = attributes;
    }

    /// <summary>Unique in its graph.</summary>
    public string Name { get; }

    /// <summary>Operator, as ONNX names it.</summary>
    public string OpType { get; }

    /// <summary>Operator set: "" is ai.onnx.</summary>
    public string Domain { get; }

    /// <summary>Inputs in the operator's order; null where an optional input is absent.</summary>
    public IReadOnlyList<Value?> Inputs { get; internal set; }

    /// <summary>Outputs in the operator's order; null where an optional output is not asked for.</summary>
    public IReadOnlyList<Value?> Outputs { get; internal set; } = [];

    /// <summary>Attributes; what is absent has the operator's default.</summary>
    public Attributes Attributes { get; }

    /// <summary>The first output.</summary>
    public Value Output => Outputs[0]!;

    /// <summary>The input at <paramref name="index"/>, or null if it is absent.</summary>
    public Value? Input(int index) => index < Inputs.Count ? Inputs[index] : null;

    /// <inheritdoc/>
    public override string ToString() => $"{OpType} '{Name}'";
}
