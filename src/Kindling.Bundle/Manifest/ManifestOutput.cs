namespace Kindling.Bundles;

/// <summary>The head.</summary>
public sealed record ManifestOutput
{
    /// <summary>Head slots (classification, detection), outputs (regression) or positions (language).</summary>
    public required int Count { get; init; }

    /// <summary>Codes that a language model scores at each position, none among them: its outputs are <c>[n, count, codes]</c>. Null for all others.</summary>
    public int? Codes { get; init; }

    /// <summary>Shape of what the graph gives for one input.</summary>
    internal int[] Shape =>
        Codes is { } codes ? [Count, codes]
        : Grid is { } grid ? [grid.Columns * grid.Rows, DetectionGrid.Geometry + Count]
        : [Count];

    /// <summary>Numbers in one target; of a classification, whose targets are labels, its slots.</summary>
    internal int TargetLength => Grid is null ? Count : Shape[0] * Shape[1];

    /// <summary>The cells of a detector: its outputs are <c>[n, rows * columns, 5 + count]</c>. Null for all others.</summary>
    public ManifestGrid? Grid { get; init; }

    /// <summary>Names of the outputs; in classification and detection a fixed label space. Null: the support set names the classes.</summary>
    public IReadOnlyList<string>? Names { get; init; }
}
