namespace Kindling.Evaluate.Checks;

/// <summary>A node test that fails.</summary>
public sealed class NodeTestFailure
{
    /// <summary>The test.</summary>
    public required string Name { get; init; }

    /// <summary>The engine, and the first wrong element or the refusal.</summary>
    public required string Why { get; init; }
}
