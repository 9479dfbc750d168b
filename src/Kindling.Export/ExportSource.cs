using System.Text.Json;
using Kindling.Bundles;
using Kindling.Recipes;

namespace Kindling.Export;

/// <summary>
/// What a bundle is written from: the folder that training wrote, or an earlier bundle, which holds the same and comes out as this version writes it.
/// </summary>
internal sealed class ExportSource
{
    /// <summary>The files of the reference episodes.</summary>
    private static readonly string[] ReferenceFiles = ["episodes.safetensors", "reference.json"];

    /// <summary>Parameters and rates by name.</summary>
    public required IReadOnlyDictionary<string, FloatTensor> Theta { get; init; }

    /// <summary>What training said.</summary>
    public required CheckpointState State { get; init; }

    /// <summary>The recipe as it was run.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>The reference episodes: files by name within the bundle.</summary>
    public required IReadOnlyDictionary<string, byte[]> Reference { get; init; }

    /// <summary>The jointly trained weights; null if there are none.</summary>
    public required IReadOnlyDictionary<string, FloatTensor>? Baselines { get; init; }

    /// <summary>Reads a checkpoint's folder or a bundle.</summary>
    /// <param name="path">The folder or the bundle.</param>
    /// <param name="baseline">Folder with the joint baseline, where it was trained apart; null for what <paramref name="path"/> holds.</param>
    /// <exception cref="BundleException">It is neither, damaged, or the baseline is missing or belongs to another training.</exception>
    public static ExportSource Read(string path, string? baseline)
    {
        if (!File.Exists(path) && !File.Exists(Path.Combine(path, BundleManifest.FileName)))
        {
            return FromCheckpoint(path, baseline);
        }

        using BundleFiles bundle = BundleFiles.Open(path);
        return FromBundle(bundle, baseline);
    }

    private static ExportSource FromCheckpoint(string folder, string? baseline)
    {
        (IReadOnlyDictionary<string, FloatTensor> theta, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.ThetaFile);
        Recipe recipe = Recipe.Parse(
            state.Recipe.GetRawText(),
            $"the recipe in {folder}",
            Recipe.BesideOf(Path.Combine(folder, Checkpoint.ThetaFile))
        );
        return new()
        {
            Theta = theta,
            State = state,
            Recipe = recipe,
            Reference = ReferenceFiles.ToDictionary(
                name => $"reference/{name}",
                name => File.ReadAllBytes(Path.Combine(folder, "reference", name)),
                StringComparer.Ordinal
            ),
            Baselines =
                baseline is not null || File.Exists(Path.Combine(folder, Checkpoint.BaselinesFile))
                    ? CheckpointBaselines(baseline ?? folder, recipe, state)
                    : null,
        };
    }

    private static IReadOnlyDictionary<string, FloatTensor> CheckpointBaselines(string folder, Recipe recipe, CheckpointState theta)
    {
        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.BaselinesFile);
        return state.IsOf(recipe, theta.DataHash, theta.StartedFrom)
            ? tensors
            : throw new BundleException(
                $"{Path.Combine(folder, Checkpoint.BaselinesFile)}: the baseline belongs to another recipe, other data or another start than the checkpoint; run `kindling train --resume` to train it anew."
            );
    }

    private static ExportSource FromBundle(BundleFiles bundle, string? baseline)
    {
        BundleManifest manifest = bundle.Manifest;
        JsonElement json =
            manifest.Recipe
            ?? throw new BundleException($"{bundle.Path}: the bundle does not say its recipe, so it cannot be written anew.");
        CheckpointState state = StateOf(manifest, json);
        Recipe recipe = Recipe.Parse(json.GetRawText(), $"the recipe in {bundle.Path}", bundle.Read);
        return new()
        {
            Theta = bundle.ReadTensors(BundleManifest.ThetaFileName).Tensors,
            State = state,
            Recipe = recipe,
            Reference = ReferenceFiles.Select(name => $"reference/{name}").ToDictionary(name => name, bundle.Read, StringComparer.Ordinal),
            Baselines =
                baseline is not null ? CheckpointBaselines(baseline, recipe, state)
                : bundle.Contains(Checkpoint.BaselinesFile) ? bundle.ReadTensors(Checkpoint.BaselinesFile).Tensors
                : null,
        };
    }

    private static CheckpointState StateOf(BundleManifest manifest, JsonElement recipe) =>
        new()
        {
            Recipe = recipe,
            IsClassification = manifest.IsClassification,
            InputShape = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)],
            Outputs = manifest.Output.Count,
            Preprocessing = manifest.Preprocessing,
            Iteration = (int)manifest.Provenance.Iterations,
            BestMetric =
                manifest.Provenance.Metrics is { ValueKind: JsonValueKind.Object } metrics
                && metrics.TryGetProperty("validation", out JsonElement validation)
                && validation.ValueKind == JsonValueKind.Number
                    ? validation.GetDouble()
                    : null,
            DataHash = manifest.Provenance.DataHash ?? "",
            Licences = manifest.Provenance.Licences,
            ToolVersion = manifest.Provenance.ToolVersion ?? "",
            Seconds = 0,
            StartedFrom = manifest.Provenance.StartedFrom,
        };
}
