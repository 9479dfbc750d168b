namespace Kindling.Adapt;

/// <summary>A byte that may come next.</summary>
public sealed class NextByte
{
    /// <summary>The byte.</summary>
    public required byte Value { get; init; }

    /// <summary>0 to 1, of all 256.</summary>
    public required float Probability { get; init; }
}
