namespace Kindling.Evaluate.Importing;

/// <summary>What is to become of a model that somebody else exported.</summary>
public sealed class ImportOptions
{
    /// <summary>The ONNX file.</summary>
    public required string Model { get; init; }

    /// <summary>Patterns of the names of the weights that are to be trained.</summary>
    public required IReadOnlyList<string> Trainable { get; init; }

    /// <summary>Values of inputs that are no data: one number, or as many as the input has.</summary>
    public IReadOnlyDictionary<string, string> Fix { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>An input of labels, which is left out; null if there is none.</summary>
    public string? LabelInput { get; init; }

    /// <summary>The output to keep; null for the first.</summary>
    public string? Output { get; init; }

    /// <summary>Sizes of one example, where the file leaves some free.</summary>
    public IReadOnlyList<int>? InputShape { get; init; }

    /// <summary>Seed of the inputs that original and conversion are compared on.</summary>
    public ulong Seed { get; init; } = 1;
}
