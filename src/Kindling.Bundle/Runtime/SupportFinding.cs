namespace Kindling.Bundles;

/// <summary>Something about the examples of an adaptation that a person should look at; it changes nothing by itself.</summary>
public sealed class SupportFinding
{
    /// <summary>What it is.</summary>
    public required SupportFindingKind Kind { get; init; }

    /// <summary>Indices of the examples in the support set that was given.</summary>
    public required IReadOnlyList<int> Examples { get; init; }

    /// <summary>A sentence about it.</summary>
    public required string Message { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
