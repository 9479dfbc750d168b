namespace Kindling.Evaluate.Importing;

/// <summary>A weight of an imported model that training and adaptation move.</summary>
public sealed class TrainableWeight
{
    /// <summary>Name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Sizes.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>Largest entry of the gradient of a weighted sum of the outputs by it, at random inputs, in ONNX Runtime.</summary>
    public required double LargestGradient { get; init; }
}
