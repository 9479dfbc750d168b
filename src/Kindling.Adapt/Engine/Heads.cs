using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>Which class stands in which head slot (classification), or the names of the outputs (regression).</summary>
internal sealed class Heads
{
    private Heads(BundleManifest manifest, string[] classes, string[] names)
    {
        IsClassification = manifest.IsClassification;
        Slots = manifest.Output.Count;
        FixedNames = manifest.Output.Names;
        Classes = classes;
        Names = names;
    }

    internal bool IsClassification { get; }

    /// <summary>All slots.</summary>
    internal int Slots { get; }

    /// <summary>Class names in slot order; empty before the first adaptation and for regression.</summary>
    internal string[] Classes { get; }

    /// <summary>Names of the values that a prediction gives, one for each of <see cref="Used"/>.</summary>
    internal string[] Names { get; }

    /// <summary>Slots, from 0, that count; without classes all do.</summary>
    internal int Used => Names.Length;

    private IReadOnlyList<string>? FixedNames { get; }

    internal static Heads Initial(BundleManifest manifest)
    {
        int count = manifest.Output.Count;
        if (manifest.IsClassification)
        {
            return manifest.Output.Names is { } labels
                ? new Heads(manifest, [.. labels], [.. labels])
                : new Heads(manifest, [], [.. Enumerable.Range(0, count).Select(slot => $"{slot}")]);
        }

        string[] names =
            manifest.Output.Names is { } given ? [.. given]
            : count == 1 ? ["y"]
            : [.. Enumerable.Range(0, count).Select(output => $"y.{output}")];
        return new Heads(manifest, [], names);
    }

    /// <summary>Heads with given classes, as a delta brings them.</summary>
    internal static Heads Of(BundleManifest manifest, IReadOnlyList<string> classes) =>
        manifest.IsClassification && manifest.Output.Names is null && classes.Count > 0
            ? new Heads(manifest, [.. classes], [.. classes])
            : Initial(manifest);

    /// <summary>These heads with further classes in the next free slots.</summary>
    /// <exception cref="ArgumentException">A class outside a fixed label space, or more classes than slots.</exception>
    internal Heads With(BundleManifest manifest, IReadOnlyList<string> classes)
    {
        string[] added = [.. classes.Except(Classes, StringComparer.Ordinal)];
        if (added.Length == 0)
        {
            return this;
        }

        if (FixedNames is not null)
        {
            throw new ArgumentException(
                $"The label '{added[0]}' is outside the label space of '{manifest.Name}': {string.Join(", ", FixedNames)}.",
                nameof(classes)
            );
        }

        string[] all = [.. Classes, .. added];
        return all.Length <= Slots
            ? new Heads(manifest, all, all)
            : throw new ArgumentException(
                $"'{manifest.Name}' has {Slots} head slots, the examples make {all.Length} classes: {string.Join(", ", all)}.",
                nameof(classes)
            );
    }
}
