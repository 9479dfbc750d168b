namespace Kindling.Bundles;

/// <content>What it says of tensors, files and the standalone model.</content>
internal static partial class ManifestRules
{
    /// <summary>Checks parameters and statistics; true when their names can be used to derive the graphs' names.</summary>
    private static bool CheckTensors(BundleManifest manifest, List<string> faults)
    {
        int before = faults.Count;
        HashSet<string> seen = new(StringComparer.Ordinal)
        {
            manifest.Input.Name,
            GraphSignature.Labels,
            GraphSignature.Mask,
            GraphSignature.Step,
            GraphSignature.Loss,
            GraphSignature.Output,
            GraphSignature.Features,
        };
        for (int i = 0; i < manifest.Parameters.Count; i++)
        {
            CheckTensor($"parameters[{i}]", manifest.Parameters[i].Name, manifest.Parameters[i].Shape, seen, faults);
        }

        for (int i = 0; i < manifest.Statistics.Count; i++)
        {
            CheckTensor($"statistics[{i}]", manifest.Statistics[i].Name, manifest.Statistics[i].Shape, seen, faults);
        }

        bool named = faults.Count == before;
        if (!manifest.Parameters.Any(parameter => parameter.Adapts))
        {
            faults.Add("parameters: at least one must adapt.");
        }

        int normalizing = manifest.Statistics.Count(statistic => !statistic.FromLabels);
        if (manifest.Normalization == "support" != normalizing > 0)
        {
            faults.Add(
                $"statistics: belong to normalization 'support' and to no other; got {normalizing} with '{manifest.Normalization}'."
            );
        }

        return named;
    }

    private static void CheckTensor(string place, string name, IReadOnlyList<int> shape, HashSet<string> seen, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            faults.Add($"{place}.name: must not be empty.");
        }
        else if (!seen.Add(name))
        {
            faults.Add($"{place}.name: '{name}' is used twice or reserved.");
        }

        if (shape.Any(size => size < 1) || Elements(shape) > MaximumElements)
        {
            faults.Add(
                $"{place}.shape: expected positive sizes of at most {MaximumElements} elements, got [{string.Join(", ", shape)}] for '{name}'."
            );
        }
    }

    private static void CheckFiles(BundleManifest manifest, List<string> faults)
    {
        foreach ((string name, string hash) in manifest.Files)
        {
            if (BundlePath.Fault(name) is { } fault)
            {
                faults.Add($"files: '{name}' {fault}.");
            }

            if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigitLower))
            {
                faults.Add($"files: '{name}' needs a SHA-256 of 64 lower-case hexadecimal digits, got '{hash}'.");
            }
        }

        foreach (
            string? name in (string?[])
                [
                    manifest.Graphs.Infer.File,
                    manifest.Graphs.Adapt.File,
                    manifest.Graphs.AdaptMany?.File,
                    manifest.Graphs.Backbone?.File,
                    manifest.Graphs.Accumulate?.File,
                    manifest.Graphs.Update?.File,
                    BundleManifest.ThetaFileName,
                ]
        )
        {
            if (name is not null && !manifest.Files.ContainsKey(name))
            {
                faults.Add($"files: the hash of '{name}' is missing.");
            }
        }
    }

    private static void CheckBake(BundleManifest manifest, List<string> faults)
    {
        if (manifest.Bake is not { } bake)
        {
            return;
        }

        if (!manifest.Files.ContainsKey(bake.File))
        {
            faults.Add($"files: the hash of '{bake.File}' is missing.");
        }

        // Prediction does not read where adaptation started.
        HashSet<string> anchors =
        [
            .. manifest.Parameters.Where(parameter => parameter.Adapts).Select(parameter => GraphSignature.Anchor(parameter.Name)),
        ];
        Dictionary<string, long> expected = manifest
            .Parameters.Where(parameter => parameter.Adapts || !anchors.Contains(parameter.Name))
            .Select(parameter => (parameter.Name, parameter.Shape))
            .Concat(manifest.Statistics.Select(statistic => (statistic.Name, statistic.Shape)))
            .DistinctBy(tensor => tensor.Name, StringComparer.Ordinal)
            .ToDictionary(tensor => tensor.Name, tensor => Elements(tensor.Shape) * sizeof(float), StringComparer.Ordinal);
        if (manifest.IsClassification)
        {
            expected[GraphSignature.Mask] = manifest.Output.Count * (long)sizeof(float);
        }

        SameNames("bake.tensors", [.. bake.Tensors.Keys], [.. expected.Keys], faults);
        foreach ((string name, ManifestBytes range) in bake.Tensors)
        {
            if (range.Offset < 0 || range.Offset > long.MaxValue - Math.Max(range.Bytes, 0))
            {
                faults.Add($"bake.tensors: '{name}' has offset {range.Offset}.");
            }

            if (expected.TryGetValue(name, out long bytes) && bytes != range.Bytes)
            {
                faults.Add($"bake.tensors: '{name}' has {bytes} bytes by its shape, got {range.Bytes}.");
            }
        }
    }
}
