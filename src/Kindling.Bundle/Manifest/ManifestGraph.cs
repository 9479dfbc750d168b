namespace Kindling.Bundles;

/// <summary>One graph: its file and its inputs and outputs in order.</summary>
public sealed record ManifestGraph
{
    /// <summary>File name in the bundle.</summary>
    public required string File { get; init; }

    /// <summary>Inputs in order.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Outputs in order.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Memory of a run; null in bundles of earlier versions.</summary>
    public ManifestMemory? Memory { get; init; }
}
