namespace Kindling.Adapt;

/// <summary>A word that may come next, or that the text may be in the middle of.</summary>
public sealed class NextWord
{
    /// <summary>The whole word.</summary>
    public required string Word { get; init; }

    /// <summary>What of it is missing: what an app appends to the text.</summary>
    public required string Rest { get; init; }

    /// <summary>0 to 1: that these bytes come next, and then none that goes on with the word.</summary>
    public required float Probability { get; init; }
}
