namespace Kindling.Evaluate.Sweeps;

/// <summary>A setting of a sweep over all its seeds.</summary>
public sealed record SweepTableRow
{
    /// <summary>Name of the setting.</summary>
    public required string Setting { get; init; }

    /// <summary>Finished trainings.</summary>
    public required int Seeds { get; init; }

    /// <summary>Trainings that diverged; they have no part in the figures.</summary>
    public int DivergedSeeds { get; init; }

    /// <summary>Mean of the seconds of training.</summary>
    public required double Seconds { get; init; }

    /// <summary>Mean of the seeds' figures, for each column; null where no training has one, infinite or not a number where adaptation diverges.</summary>
    public required IReadOnlyList<double?> Mean { get; init; }

    /// <summary>Half-width of the 95 % interval of that mean by Student's t over the seeds, for each column; NaN of one seed.</summary>
    public required IReadOnlyList<double> Ci95 { get; init; }
}
