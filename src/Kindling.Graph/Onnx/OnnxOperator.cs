namespace Kindling.Graphs.Onnx;

/// <summary>An operator that a model uses, and whether it can be read.</summary>
public sealed class OnnxOperator
{
    /// <summary>Domain, <c>ai.onnx</c> for the standard one.</summary>
    public required string Domain { get; init; }

    /// <summary>The operator, as the model names it.</summary>
    public required string OpType { get; init; }

    /// <summary>What it is called once it is read: at op set 17.</summary>
    public required string ReadAs { get; init; }

    /// <summary>Whether it is read as several other operators, all of which have gradients.</summary>
    public required bool IsTakenApart { get; init; }

    /// <summary>Nodes that use it.</summary>
    public required int Nodes { get; init; }

    /// <summary>The first of them, of a refused operator the first refused one: its number, counted from 0, and its name if it has one.</summary>
    public required string FirstNode { get; init; }

    /// <summary>Why it is refused; null if it is not.</summary>
    public required string? Fault { get; init; }
}
