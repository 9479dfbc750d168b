namespace Kindling.Evaluate.Checks;

/// <summary>What `kindling check --node-tests` reports; the members are the JSON contract.</summary>
public sealed class NodeTestReport
{
    /// <summary>Tests that give their outputs on every engine that runs them.</summary>
    public required int Passed { get; init; }

    /// <summary>Tests that do not.</summary>
    public required IReadOnlyList<NodeTestFailure> Failed { get; init; }

    /// <summary>Tests that do not run, each with the reason.</summary>
    public required IReadOnlyDictionary<string, string> Excluded { get; init; }
}
