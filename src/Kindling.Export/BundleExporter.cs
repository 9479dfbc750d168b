using System.Text.Json;
using Kindling.Bundles;
using Kindling.Export.Training;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export;

/// <summary>Turns a checkpoint into a bundle. Needs no libtorch.</summary>
public static class BundleExporter
{
    private const string InferFile = "infer.onnx";
    private const string AdaptFile = "adapt.onnx";
    private const string ModelFile = "model.onnx";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Writes a bundle, re-opens it with the runtime and replays the reference episodes; only then does it take its place.</summary>
    /// <param name="checkpoint">Folder that training wrote.</param>
    /// <param name="target">Folder of the bundle, or a file ending with <c>.kindling</c>; replaced if it exists.</param>
    /// <returns>How the replay went.</returns>
    /// <exception cref="BundleException">The checkpoint is missing or damaged, or the bundle does not give what training did.</exception>
    public static VerificationReport Export(string checkpoint, string target)
    {
        (IReadOnlyDictionary<string, FloatTensor> theta, CheckpointState state) = Checkpoint.Read(checkpoint, Checkpoint.ThetaFile);
        Recipe recipe = Recipe.Parse(state.Recipe.GetRawText(), $"the recipe in {checkpoint}");
        NetworkGraphs network = NetworkCatalogue.Build(recipe.Network, state.InputShape, state.Outputs);
        VerificationReport? report = null;
        Write(target, network, recipe, state, theta, checkpoint, folder => report = Replay(folder));
        return report!;
    }

    private static VerificationReport Replay(string folder)
    {
        VerificationReport report = BundleVerifier.Verify(folder);
        return report.Passed
            ? report
            : throw new BundleException($"The bundle does not give what training did, so it was not written: {report}");
    }

    private static void Write(
        string target,
        NetworkGraphs network,
        Recipe recipe,
        CheckpointState state,
        IReadOnlyDictionary<string, FloatTensor> theta,
        string checkpoint,
        Action<string> verify
    )
    {
        bool classification = state.IsClassification;
        Dictionary<string, FloatTensor> tensors = new(theta, StringComparer.Ordinal);
        foreach (StatisticSpec statistic in network.Statistics)
        {
            tensors[statistic.Name] = new FloatTensor([statistic.Channels], [.. Enumerable.Repeat(statistic.Initial, statistic.Channels)]);
        }

        Dictionary<string, Tensor> weights = tensors
            .Where(t => !t.Key.EndsWith(".rate", StringComparison.Ordinal))
            .ToDictionary(
                t => t.Key,
                t => Tensor.Of<float>(t.Value.Values, [.. t.Value.Shape.Select(d => (long)d)]),
                StringComparer.Ordinal
            );
        weights["mask"] = Tensor.Vector([.. Enumerable.Repeat(1f, state.Outputs)]);
        Graph infer = BundleGraphs.Infer(network, classification);
        Graph adapt = BundleGraphs.Adapt(network, recipe.Inner, classification);
        (byte[] model, IReadOnlyDictionary<string, (long Offset, long Length)> offsets) = OnnxWriter.ToBytesWithOffsets(
            BundleGraphs.Model(recipe.Name, network, classification, weights)
        );

        using BundleWriter writer = new(target);
        writer.Add(InferFile, OnnxWriter.ToBytes(infer));
        writer.Add(AdaptFile, OnnxWriter.ToBytes(adapt));
        writer.Add(ModelFile, model);
        writer.AddTensors(BundleManifest.ThetaFileName, tensors);
        foreach (string name in new[] { "episodes.safetensors", "reference.json" })
        {
            writer.Add($"reference/{name}", File.ReadAllBytes(Path.Combine(checkpoint, "reference", name)));
        }

        string? trainingAbsence = TrainingArtifacts.Fault(
            recipe.Inner,
            tensors.Where(t => t.Key.EndsWith(".rate", StringComparison.Ordinal)).Select(t => t.Value)
        );
        if (trainingAbsence is null)
        {
            foreach ((string name, byte[] bytes) in TrainingArtifacts.Create(network, recipe.Inner, classification, tensors))
            {
                writer.Add($"{TrainingArtifacts.Folder}/{name}", bytes);
            }
        }

        if (File.Exists(Path.Combine(checkpoint, Checkpoint.BaselinesFile)))
        {
            writer.AddTensors(Checkpoint.BaselinesFile, Baselines(checkpoint, recipe, state.DataHash));
        }

        _ = writer.Complete(
            new BundleManifest
            {
                FormatVersion = BundleManifest.CurrentFormatVersion,
                Name = recipe.Name,
                Description = recipe.Description,
                Task = classification ? BundleManifest.Classification : BundleManifest.Regression,
                Input = new ManifestInput { Shape = [null, .. state.InputShape.Select(d => (int?)d)] },
                Output = new ManifestOutput { Count = state.Outputs },
                Preprocessing = state.Preprocessing,
                Normalization = network.Normalization.ToString().ToLowerInvariant(),
                Parameters =
                [
                    .. network.Parameters.Select(p => new ManifestParameter
                    {
                        Name = p.Name,
                        Shape = [.. p.Shape],
                        Adapts = recipe.Inner.Adapts(p),
                    }),
                ],
                Statistics = [.. network.Statistics.Select(s => new ManifestStatistic { Name = s.Name, Shape = [s.Channels] })],
                InnerRule = new ManifestInnerRule
                {
                    Optimizer = recipe.Inner.Optimizer,
                    Steps = recipe.Inner.StepsInApp,
                    Momentum = recipe.Inner.Momentum,
                    Beta1 = recipe.Inner.Beta1,
                    Beta2 = recipe.Inner.Beta2,
                    Epsilon = recipe.Inner.Epsilon,
                    WeightDecay = recipe.Inner.WeightDecay,
                },
                Graphs = new ManifestGraphs { Infer = Describe(InferFile, infer), Adapt = Describe(AdaptFile, adapt) },
                Bake = new ManifestBake
                {
                    File = ModelFile,
                    Tensors = weights
                        .Keys.Where(offsets.ContainsKey)
                        .ToDictionary(
                            k => k,
                            k => new ManifestBytes { Offset = offsets[k].Offset, Bytes = offsets[k].Length },
                            StringComparer.Ordinal
                        ),
                },
                Opset = Graph.OpsetVersion,
                IrVersion = OnnxWriter.IrVersion,
                TrainingAbsence = trainingAbsence,
                Recipe = state.Recipe,
                Provenance = new ManifestProvenance
                {
                    Seed = (long)recipe.Seed,
                    Iterations = state.BestIteration ?? state.Iteration,
                    DataHash = state.DataHash,
                    ToolVersion = state.ToolVersion,
                    Metrics = state.BestMetric is { } metric ? JsonSerializer.SerializeToElement(new { validation = metric }, Json) : null,
                    Licences = state.Licences,
                },
            },
            verify
        );
    }

    private static IReadOnlyDictionary<string, FloatTensor> Baselines(string checkpoint, Recipe recipe, string dataHash)
    {
        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(checkpoint, Checkpoint.BaselinesFile);
        return state.IsOf(recipe, dataHash)
            ? tensors
            : throw new BundleException(
                $"{Path.Combine(checkpoint, Checkpoint.BaselinesFile)}: the baseline belongs to another recipe or other data than the checkpoint; run `kindling train --resume` to train it anew."
            );
    }

    private static ManifestGraph Describe(string file, Graph graph) =>
        new()
        {
            File = file,
            Inputs = [.. graph.Inputs.Select(v => v.Name)],
            Outputs = [.. graph.Outputs.Select(v => v.Name)],
        };
}
