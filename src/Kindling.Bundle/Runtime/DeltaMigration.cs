namespace Kindling.Bundles;

/// <summary>What became of a delta that was carried over to another bundle.</summary>
public sealed class DeltaMigration
{
    /// <summary>Name of the bundle that the delta belonged to.</summary>
    public required string From { get; init; }

    /// <summary>Names of the tensors that were taken over.</summary>
    public required IReadOnlyList<string> Kept { get; init; }

    /// <summary>What was not, and why: a sentence each; empty when all of the delta was taken over.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>What the bundle adapts and the delta lacked, which starts at the bundle's meta-initialisation.</summary>
    public required IReadOnlyList<string> Fresh { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"From '{From}': {Kept.Count} tensors kept, {Fresh.Count} at the meta-initialisation."
        + string.Concat(Dropped.Select(dropped => $" Dropped: {dropped}"));
}
