namespace Kindling.Evaluate.Checks;

/// <summary>How the gradient of one tensor compares with finite differences.</summary>
public sealed class TensorCheck
{
    /// <summary>The parameter.</summary>
    public required string Name { get; init; }

    /// <summary>Entries compared.</summary>
    public required int Entries { get; init; }

    /// <summary>Largest relative error of them.</summary>
    public required double LargestError { get; init; }

    /// <summary>Position of the entry with that error, in row-major order; -1 if none was compared.</summary>
    public required int LargestAt { get; init; }

    /// <summary>Entries next to a kink of the function (a ReLU or a maximum changes sides), which have no derivative to compare with.</summary>
    public required IReadOnlyList<int> Kinks { get; init; }

    /// <summary>Whether at least one entry was compared, and all agree.</summary>
    public bool Passed => Entries > 0 && LargestError <= FiniteDifferences.Threshold;
}
