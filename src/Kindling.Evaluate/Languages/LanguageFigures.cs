namespace Kindling.Evaluate.Languages;

/// <summary>Bits per byte of one language; the members are part of the JSON contract.</summary>
public sealed class LanguageFigures
{
    /// <summary>Its code.</summary>
    public required string Code { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is averaged with: <c>test</c>, or <c>test_script</c> for scripts that training has not seen.</summary>
    public required string Group { get; init; }

    /// <summary>Of the query text after 0, 1, ... steps.</summary>
    public required IReadOnlyList<double> BitsPerByte { get; init; }

    /// <summary>Likewise of the baselines by name, or their only figure.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Baselines { get; init; }
}
