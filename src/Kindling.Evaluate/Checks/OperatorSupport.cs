namespace Kindling.Evaluate.Checks;

/// <summary>Whether one operator of a model can be trained and adapted.</summary>
public sealed class OperatorSupport
{
    /// <summary>The operator with its domain, as in <c>ai.onnx.Conv</c>.</summary>
    public required string Operator { get; init; }

    /// <summary>Nodes that use it.</summary>
    public required int Nodes { get; init; }

    /// <summary>The first of them: number, and name if it has one.</summary>
    public required string FirstNode { get; init; }

    /// <summary>Whether the importer reads it.</summary>
    public required bool Import { get; init; }

    /// <summary>Why the importer refuses it; null if it does not.</summary>
    public required string? Fault { get; init; }

    /// <summary><c>rule</c>, <c>stops</c> (no gradient passes: comparisons, sizes, constants) or <c>none</c>: a gradient through it is refused.</summary>
    public required string Gradient { get; init; }

    /// <summary>Whether both read and differentiate it.</summary>
    public bool Supported => Import && Gradient != "none";
}
