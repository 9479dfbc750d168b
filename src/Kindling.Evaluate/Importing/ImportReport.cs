namespace Kindling.Evaluate.Importing;

/// <summary>What `kindling import` found; the members are the JSON contract.</summary>
public sealed class ImportReport
{
    /// <summary>The file.</summary>
    public required string Model { get; init; }

    /// <summary>Every node that can not be read, or that the gradient would have to pass and can not; nothing else is said then.</summary>
    public IReadOnlyList<UnsupportedNode> Unsupported { get; init; } = [];

    /// <summary>The input that examples go to, with its shape.</summary>
    public string Input { get; init; } = "";

    /// <summary>The output that is kept, with its shape.</summary>
    public string Output { get; init; } = "";

    /// <summary>Numbers in the output of an example.</summary>
    public int Outputs { get; init; }

    /// <summary>The weights that training and adaptation move.</summary>
    public IReadOnlyList<TrainableWeight> Trainable { get; init; } = [];

    /// <summary>Numbers in <see cref="Trainable"/>.</summary>
    public long TrainableCount { get; init; }

    /// <summary>Numbers in all other weights.</summary>
    public long FrozenCount { get; init; }

    /// <summary>Nodes after conversion.</summary>
    public int Nodes { get; init; }

    /// <summary>Those that the gradient passes on its way to the weights, in order: name and operator.</summary>
    public IReadOnlyList<string> GradientNodes { get; init; } = [];

    /// <summary>What was changed on the way, a sentence each.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>How the conversion compares with the original.</summary>
    public ImportParity? Parity { get; init; }

    /// <summary>Whether the model can be used: all is supported, and the conversion gives what the original gives.</summary>
    public bool Passed => Unsupported.Count == 0 && Parity is { Passed: true };
}
