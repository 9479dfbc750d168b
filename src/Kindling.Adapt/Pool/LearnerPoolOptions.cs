namespace Kindling.Adapt;

/// <summary>How a <see cref="LearnerPool"/> keeps its learners and shares the machine among them.</summary>
public sealed class LearnerPoolOptions
{
    /// <summary>Default of <see cref="Resident"/>.</summary>
    public const int DefaultResident = 1000;

    /// <summary>Default of <see cref="Queued"/>.</summary>
    public const int DefaultQueued = 1000;

    /// <summary>Most of <see cref="Resident"/> and <see cref="Queued"/>.</summary>
    public const int MaximumCount = 10_000_000;

    /// <summary>Where the learners' deltas lie: one file a user, named by the SHA-256 of the user's name. One pool at a time may use a folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Most learners in memory, each of about a delta's size; 1000 by default. The least recently used one goes; it comes back when it is needed.</summary>
    public int Resident { get; init; } = DefaultResident;

    /// <summary>Adaptations at a time; by default as many as the machine has processors.</summary>
    public int Adaptations { get; init; } = Environment.ProcessorCount;

    /// <summary>Most adaptations that wait; 1000 by default. One more is refused with a <see cref="LearnerPoolBusyException"/>.</summary>
    public int Queued { get; init; } = DefaultQueued;

    /// <summary>All faults at once; empty when the options are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (string.IsNullOrEmpty(Folder))
        {
            faults.Add("Folder: must not be empty.");
        }

        if (Resident is < 1 or > MaximumCount)
        {
            faults.Add($"Resident: expected 1 to {MaximumCount}, got {Resident}.");
        }

        if (Adaptations is < 1 or > 1024)
        {
            faults.Add($"Adaptations: expected 1 to 1024, got {Adaptations}.");
        }

        if (Queued is < 0 or > MaximumCount)
        {
            faults.Add($"Queued: expected 0 to {MaximumCount}, got {Queued}.");
        }

        return faults;
    }
}
