namespace Kindling.Evaluate.Importing;

/// <summary>How a conversion compares with the original on the same random inputs, both in ONNX Runtime.</summary>
public sealed class ImportParity
{
    /// <summary>The limit of models that compute in 32-bit floats.</summary>
    public const double Limit = 1e-5;

    /// <summary>Examples compared.</summary>
    public required int Examples { get; init; }

    /// <summary>Largest |converted - original|, as a share of the largest |original| where that is above 1.</summary>
    public required double LargestDifference { get; init; }

    /// <summary>The most that passes.</summary>
    public required double Allowed { get; init; }

    /// <summary>Largest difference, in the same measure, between an example alone and among others.</summary>
    public required double LargestBatchDifference { get; init; }

    /// <summary>Whether both differences pass.</summary>
    public bool Passed => LargestDifference <= Allowed && LargestBatchDifference <= Limit;
}
