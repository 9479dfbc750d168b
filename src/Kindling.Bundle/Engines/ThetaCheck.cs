namespace Kindling.Bundles;

/// <summary>Whether a meta-initialisation is the manifest's; to be asked before anything is allocated by the shapes that a manifest claims.</summary>
internal static class ThetaCheck
{
    /// <summary>Refuses one that is not.</summary>
    /// <exception cref="BundleException">A tensor is missing, has another shape, or holds a number that is not finite.</exception>
    internal static void Check(SafetensorsFile theta, BundleManifest manifest, string source)
    {
        IEnumerable<(string Name, IReadOnlyList<int> Shape)> tensors = manifest
            .Parameters.Select(parameter => (parameter.Name, parameter.Shape))
            .Concat(manifest.Statistics.Select(statistic => (statistic.Name, statistic.Shape)));
        foreach ((string name, IReadOnlyList<int> shape) in tensors)
        {
            if (!theta.Tensors.TryGetValue(name, out FloatTensor? tensor))
            {
                throw new BundleException($"{source}: the tensor '{name}' is missing.");
            }

            if (!tensor.Shape.SequenceEqual(shape))
            {
                throw new BundleException(
                    $"{source}: '{name}' should have shape [{string.Join(", ", shape)}], it has [{string.Join(", ", tensor.Shape)}]."
                );
            }
        }

        foreach ((string name, FloatTensor tensor) in theta.Tensors)
        {
            if (!Array.TrueForAll(tensor.Values, float.IsFinite))
            {
                throw new BundleException($"{source}: '{name}' holds NaN or infinity.");
            }
        }
    }
}
