namespace Kindling.Evaluate.Importing;

/// <summary>A node that stands in the way of an import.</summary>
public sealed class UnsupportedNode
{
    /// <summary>Number, name and operator.</summary>
    public required string Node { get; init; }

    /// <summary>Why it is refused.</summary>
    public required string Why { get; init; }
}
