namespace Kindling.Evaluate.Benchmarks;

/// <summary>One kind of operator in a step.</summary>
public sealed class StepProfileEntry
{
    /// <summary>The operator, as ONNX Runtime runs it.</summary>
    public required string Operator { get; init; }

    /// <summary>Nodes of this kind that run in a step.</summary>
    public required double NodesPerStep { get; init; }

    /// <summary>Their time together.</summary>
    public required double MicrosecondsPerStep { get; init; }
}
