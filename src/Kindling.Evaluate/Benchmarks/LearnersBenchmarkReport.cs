namespace Kindling.Evaluate.Benchmarks;

/// <summary>What many learners of one model cost.</summary>
public sealed class LearnersBenchmarkReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Learners in memory at once, each adapted by one step and used once.</summary>
    public required int Learners { get; init; }

    /// <summary>Size of a delta's numbers.</summary>
    public required double DeltaKilobytes { get; init; }

    /// <summary>Resident memory of an idle learner.</summary>
    public required double KilobytesPerLearner { get; init; }

    /// <summary>Time to bring a learner back from disk to its first prediction; median.</summary>
    public required double MillisecondsToReload { get; init; }

    /// <summary>Resident memory of the process with the model open.</summary>
    public required double MegabytesOpened { get; init; }

    /// <summary>Most resident memory while as many examples are predicted as a support set has; null where the system does not tell.</summary>
    public required double? MegabytesPredicting { get; init; }

    /// <summary>Most resident memory while one learner adapts to a support set, after that prediction; null where the system does not tell.</summary>
    public required double? MegabytesAdapting { get; init; }

    /// <summary>Adaptations of one learner after another, one step each.</summary>
    public required int Adaptations { get; init; }

    /// <summary>Resident memory after a tenth of them; two seconds of adaptations come before, in which the runtime still compiles.</summary>
    public required double MegabytesAfterATenth { get; init; }

    /// <summary>Resident memory after all of them.</summary>
    public required double MegabytesAtTheEnd { get; init; }

    /// <summary>Users who adapt at the same time.</summary>
    public required int Users { get; init; }

    /// <summary>Whole adaptations a second, as many steps as the bundle says, where each user adapts by himself, on all processors.</summary>
    public required double AdaptationsPerSecondApart { get; init; }

    /// <summary>The same where one call adapts all of them.</summary>
    public required double AdaptationsPerSecondTogether { get; init; }
}
