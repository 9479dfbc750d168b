namespace Kindling.Bundles;

/// <summary>Carries a delta of another bundle over, tensor by tensor.</summary>
internal static class DeltaMigrator
{
    /// <summary>The part of a delta that fits, as a delta of this bundle.</summary>
    /// <param name="manifest">This bundle's.</param>
    /// <param name="layout">What its deltas hold.</param>
    /// <param name="initial">What a fresh learner has there.</param>
    /// <param name="path">The delta file.</param>
    /// <exception cref="BundleException">It cannot be read, or nothing of it fits.</exception>
    internal static (DeltaFile Delta, DeltaMigration Migration) Migrate(
        BundleManifest manifest,
        TensorLayout layout,
        IReadOnlyDictionary<string, FloatTensor> initial,
        string path
    )
    {
        DeltaFile delta = DeltaFile.Read(path);
        Dictionary<string, FloatTensor> tensors = new(initial, StringComparer.Ordinal);
        List<string> kept = [];
        List<string> dropped = [];
        foreach ((string name, FloatTensor tensor) in delta.Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (Fault(layout, name, tensor) is { } fault)
            {
                dropped.Add(fault);
                continue;
            }

            tensors[name] = tensor;
            kept.Add(name);
        }

        if (kept.Count == 0)
        {
            throw new BundleException(
                $"{path}: nothing of this delta of '{delta.Name}' fits '{manifest.Name}': {string.Join(" ", dropped.DefaultIfEmpty("it has no tensors."))}"
            );
        }

        IReadOnlyList<string> classes = delta.Classes;
        if (ClassFault(manifest, delta, complete: dropped.Count == 0) is { } reason)
        {
            dropped.Add($"The classes {string.Join(", ", classes)}: {reason}");
            classes = [];
        }

        return (
            new DeltaFile
            {
                Base = manifest.BaseIdentity,
                Name = manifest.Name,
                Classes = classes,
                Steps = delta.Steps,
                Invert = delta.Invert,
                Tensors = tensors,
            },
            new DeltaMigration
            {
                From = delta.Name,
                Kept = kept,
                Dropped = dropped,
                Fresh = [.. layout.Entries.Select(entry => entry.Name).Except(kept, StringComparer.Ordinal)],
            }
        );
    }

    private static string? Fault(TensorLayout layout, string name, FloatTensor tensor)
    {
        int index = layout.IndexOf(name);
        if (index < 0)
        {
            return $"'{name}': the bundle does not adapt it.";
        }

        TensorLayout.Entry entry = layout.Entries[index];
        if (!entry.HasShape(tensor.Shape))
        {
            return $"'{name}': the bundle has shape [{string.Join(", ", entry.Shape)}], the delta [{string.Join(", ", tensor.Shape)}].";
        }

        return tensor.Values.All(float.IsFinite) ? null : $"'{name}': it holds NaN or infinity.";
    }

    private static string? ClassFault(BundleManifest manifest, DeltaFile delta, bool complete)
    {
        if (delta.Classes.Count == 0)
        {
            return null;
        }

        if (!manifest.HasClasses)
        {
            return "the bundle does not classify.";
        }

        if (manifest.Output.Names is { } names)
        {
            return names.SequenceEqual(delta.Classes, StringComparer.Ordinal) ? null : "the bundle fixes its label space.";
        }

        if (delta.Classes.Count > manifest.Output.Count)
        {
            return $"the bundle has {manifest.Output.Count} head slots.";
        }

        return complete ? null : "head slots mean something only with the features that they were fitted to.";
    }
}
