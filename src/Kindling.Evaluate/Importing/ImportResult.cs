namespace Kindling.Evaluate.Importing;

/// <summary>An imported model: the report, and what a recipe says of it.</summary>
public sealed class ImportResult
{
    /// <summary>What was found.</summary>
    public required ImportReport Report { get; init; }

    /// <summary>The converted model, op set 17, with all weights in it; empty where something is unsupported.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Shape of one example.</summary>
    public IReadOnlyList<int> InputShape { get; init; } = [];
}
