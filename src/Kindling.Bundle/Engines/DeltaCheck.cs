namespace Kindling.Bundles;

/// <summary>Whether a delta file fits its bundle; a file can carry the right identity and wrong tensors.</summary>
internal static class DeltaCheck
{
    /// <summary>Reads a delta of a bundle.</summary>
    /// <exception cref="BundleException">It cannot be read, or belongs to another bundle.</exception>
    internal static (DeltaFile Delta, Heads Heads) Read(BundleManifest manifest, TensorLayout layout, string path)
    {
        DeltaFile delta = DeltaFile.Read(path);
        if (delta.Base != manifest.BaseIdentity)
        {
            throw new BundleException(
                $"{path}: the delta belongs to another bundle: '{delta.Name}' ({delta.Base[..Math.Min(12, delta.Base.Length)]}), this is '{manifest.Name}' ({manifest.BaseIdentity[..12]})."
            );
        }

        Heads heads = HeadsOf(manifest, delta, path);
        Tensors(layout, delta, path);
        return (delta, heads);
    }

    private static Heads HeadsOf(BundleManifest manifest, DeltaFile delta, string path)
    {
        if (manifest.HasClasses ? delta.Classes.Count > manifest.Output.Count : delta.Classes.Count > 0)
        {
            throw new BundleException(
                $"{path}: {delta.Classes.Count} classes, the bundle '{manifest.Name}' has {(manifest.HasClasses ? manifest.Output.Count : 0)} head slots."
            );
        }

        return Heads.Of(manifest, delta.Classes).Calibrated(delta.ConfidenceThreshold);
    }

    private static void Tensors(TensorLayout layout, DeltaFile delta, string path)
    {
        foreach (TensorLayout.Entry entry in layout.Entries)
        {
            if (!delta.Tensors.TryGetValue(entry.Name, out FloatTensor? tensor))
            {
                throw new BundleException($"{path}: the tensor '{entry.Name}' is missing.");
            }

            if (!entry.HasShape(tensor.Shape))
            {
                throw new BundleException(
                    $"{path}: '{entry.Name}' should have shape [{string.Join(", ", entry.Shape)}], it has [{string.Join(", ", tensor.Shape)}]."
                );
            }

            if (!tensor.Values.All(float.IsFinite))
            {
                throw new BundleException($"{path}: '{entry.Name}' holds NaN or infinity.");
            }
        }

        if (delta.Tensors.Keys.FirstOrDefault(name => layout.IndexOf(name) < 0) is { } unknown)
        {
            throw new BundleException($"{path}: the tensor '{unknown}' is not one that this bundle adapts.");
        }
    }
}
