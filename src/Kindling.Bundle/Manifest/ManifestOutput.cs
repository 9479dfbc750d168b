namespace Kindling.Bundles;

/// <summary>The head.</summary>
public sealed record ManifestOutput
{
    /// <summary>Head slots (classification), outputs (regression) or positions (language).</summary>
    public required int Count { get; init; }

    /// <summary>Codes that a language model scores at each position, none among them: its outputs are <c>[n, count, codes]</c>. Null for all others.</summary>
    public int? Codes { get; init; }

    /// <summary>Shape of what the graph gives for one input.</summary>
    internal int[] Shape => Codes is { } codes ? [Count, codes] : [Count];

    /// <summary>Names of the outputs; in classification a fixed label space. Null: the support set names the classes.</summary>
    public IReadOnlyList<string>? Names { get; init; }
}
