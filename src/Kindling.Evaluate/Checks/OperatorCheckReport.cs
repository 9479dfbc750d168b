namespace Kindling.Evaluate.Checks;

/// <summary>What `kindling check` reports of an ONNX file; the members are the JSON contract.</summary>
public sealed class OperatorCheckReport
{
    /// <summary>The file.</summary>
    public required string Model { get; init; }

    /// <summary>Its operators in the order of their first nodes.</summary>
    public required IReadOnlyList<OperatorSupport> Operators { get; init; }

    /// <summary>Whether all are supported.</summary>
    public bool Passed => Operators.All(o => o.Supported);
}
