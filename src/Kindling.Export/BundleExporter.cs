using System.Text.Json;
using Kindling.Bundles;
using Kindling.Export.Training;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export;

/// <summary>Turns a checkpoint, or a bundle of an earlier version, into a bundle. Needs no libtorch.</summary>
public static class BundleExporter
{
    private const string InferFile = "infer.onnx";
    private const string AdaptFile = "adapt.onnx";
    private const string AdaptManyFile = "adapt-many.onnx";
    private const string BackboneFile = "backbone.onnx";
    private const string AccumulateFile = "accumulate.onnx";
    private const string UpdateFile = "update.onnx";
    private const string ModelFile = "model.onnx";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Writes a bundle, re-opens it with the runtime and replays the reference episodes; only then does it take its place.</summary>
    /// <param name="checkpoint">Folder that training wrote; or a bundle, whose content is written anew as this version writes it.</param>
    /// <param name="target">Folder of the bundle, or a file ending with <c>.kindling</c>; replaced if it exists.</param>
    /// <param name="baseline">Folder with the joint baseline, where it was trained apart; null for the one in <paramref name="checkpoint"/>.</param>
    /// <returns>How the replay went.</returns>
    /// <exception cref="BundleException">The checkpoint is missing or damaged.</exception>
    /// <exception cref="VerificationException">The bundle does not give what training did.</exception>
    public static VerificationReport Export(string checkpoint, string target, string? baseline = null)
    {
        ExportSource source = ExportSource.Read(checkpoint, baseline);
        VerificationReport? report = null;
        Write(target, source, folder => report = Replay(folder));
        return report!;
    }

    private static VerificationReport Replay(string folder)
    {
        VerificationReport report = BundleVerifier.Verify(folder);
        return report.Passed ? report : throw new VerificationException(report);
    }

    private static void Write(string target, ExportSource source, Action<string> verify)
    {
        (Recipe recipe, CheckpointState state) = (source.Recipe, source.State);
        NetworkGraphs network = recipe.Build(state.InputShape, state.Outputs);
        bool classification = state.IsClassification;
        Dictionary<string, FloatTensor> tensors = new(source.Theta, StringComparer.Ordinal);
        foreach (StatisticSpec statistic in network.Statistics)
        {
            tensors[statistic.Name] = new FloatTensor([.. statistic.Shape], [.. Enumerable.Repeat(statistic.Initial, statistic.Count)]);
        }

        IReadOnlyList<ParameterSpec> anchored = BundleGraphs.Anchored(network, recipe.Inner);
        foreach (ParameterSpec parameter in anchored)
        {
            tensors[GraphSignature.Anchor(parameter.Name)] = tensors[parameter.Name];
        }

        HashSet<string> read = [.. network.Infer.Inputs.Select(v => v.Name)];
        Dictionary<string, Tensor> weights = tensors
            .Where(t => read.Contains(t.Key))
            .ToDictionary(
                t => t.Key,
                t => Tensor.Of<float>(t.Value.Values, [.. t.Value.Shape.Select(d => (long)d)]),
                StringComparer.Ordinal
            );
        weights["mask"] = Tensor.Vector([.. Enumerable.Repeat(1f, state.Outputs)]);
        FrozenPrefix? prefix = FrozenPrefix.Of(network);
        NetworkGraphs inApp = prefix?.Rest ?? network;
        Graph infer = BundleGraphs.Infer(inApp, recipe.Inner, classification);
        Graph adapt = BundleGraphs.Adapt(inApp, recipe.Inner, classification);

        // What a backbone keeps of each user's examples is not stacked.
        Graph? adaptMany = prefix is null ? BundleGraphs.AdaptMany(network, recipe.Inner, classification) : null;
        (byte[] model, IReadOnlyDictionary<string, (long Offset, long Length)> offsets) = OnnxWriter.ToBytesWithOffsets(
            BundleGraphs.Model(recipe.Name, network, classification, weights)
        );

        using BundleWriter writer = new(target);
        writer.Add(InferFile, OnnxWriter.ToBytes(infer));
        writer.Add(AdaptFile, OnnxWriter.ToBytes(adapt));
        if (prefix is not null)
        {
            writer.Add(BackboneFile, OnnxWriter.ToBytes(prefix.Backbone));
        }

        Graph? accumulate = BundleGraphs.Accumulate(inApp, recipe.Inner, classification);
        Graph? update = accumulate is null ? null : BundleGraphs.Update(network, recipe.Inner);
        if (accumulate is not null)
        {
            writer.Add(AccumulateFile, OnnxWriter.ToBytes(accumulate));
            writer.Add(UpdateFile, OnnxWriter.ToBytes(update!));
        }

        if (adaptMany is not null)
        {
            writer.Add(AdaptManyFile, OnnxWriter.ToBytes(adaptMany));
        }

        writer.Add(ModelFile, model);
        if (recipe.Network is { File: { } file, Imported: { } imported })
        {
            writer.Add(file, imported.Bytes.ToArray());
        }

        writer.AddTensors(
            BundleManifest.ThetaFileName,
            tensors,
            storage: network.Parameters.ToDictionary(p => p.Name, recipe.Storage, StringComparer.Ordinal)
        );
        foreach ((string name, byte[] bytes) in source.Reference)
        {
            writer.Add(name, bytes);
        }

        SessionRates? rates = SessionRates.Of(
            recipe.Inner,
            [.. network.Parameters.Where(p => recipe.Inner.Adapts(p)).Select(p => tensors[GraphSignature.Rate(p.Name)])],
            out string? trainingAbsence
        );
        if (rates is not null)
        {
            foreach ((string name, byte[] bytes) in TrainingArtifacts.Create(network, recipe.Inner, rates, classification, tensors))
            {
                writer.Add($"{TrainingArtifacts.Folder}/{name}", bytes);
            }
        }

        if (source.Baselines is { } baselines)
        {
            writer.AddTensors(Checkpoint.BaselinesFile, baselines);
        }

        _ = writer.Complete(
            new BundleManifest
            {
                FormatVersion = BundleManifest.CurrentFormatVersion,
                Name = recipe.Name,
                Description = recipe.Description,
                Task =
                    classification ? BundleManifest.Classification
                    : recipe.Network.ScoresCodes() ? BundleManifest.Language
                    : recipe.Network.FindsObjects() ? BundleManifest.Detection
                    : BundleManifest.Regression,
                Input = new ManifestInput { Shape = [null, .. state.InputShape.Select(d => (int?)d)] },
                Output = new ManifestOutput
                {
                    Count = state.Outputs,
                    Codes = recipe.Network.ScoresCodes() ? (int)network.Infer.Output("output").Shape[2].Size : null,
                    Grid = recipe.Network.FindsObjects()
                        ? new ManifestGrid
                        {
                            Rows = state.InputShape[1] / DetectionGrid.Cell,
                            Columns = state.InputShape[2] / DetectionGrid.Cell,
                        }
                        : null,
                },
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
                    .. anchored.Select(p => new ManifestParameter
                    {
                        Name = GraphSignature.Anchor(p.Name),
                        Shape = [.. p.Shape],
                        Adapts = false,
                    }),
                ],
                Statistics =
                [
                    .. network.Statistics.Select(s => new ManifestStatistic
                    {
                        Name = s.Name,
                        Shape = [.. s.Shape],
                        FromLabels = s.FromLabels,
                    }),
                ],
                InnerRule = new ManifestInnerRule
                {
                    Optimizer = recipe.Inner.Optimizer,
                    Steps = recipe.Inner.StepsInApp,
                    Momentum = recipe.Inner.Momentum,
                    Beta1 = recipe.Inner.Beta1,
                    Beta2 = recipe.Inner.Beta2,
                    Epsilon = recipe.Inner.Epsilon,
                    WeightDecay = recipe.Inner.WeightDecay,
                    Proximal = recipe.Inner.Proximal,
                    ClipNorm = recipe.Inner.ClipNorm,
                    Stream = recipe.Inner.Jump == 0 ? null : new ManifestStream { Jump = recipe.Inner.Jump },
                    Batch = recipe.Inner.Batch == 0 ? null : recipe.Inner.Batch,
                    Loss = recipe.Inner.Loss == InnerSpec.DefaultLoss ? null : recipe.Inner.Loss,
                    Examples = recipe.Inner.LearnsLoss ? recipe.Tasks.ToShape().SupportCount : null,
                },
                Graphs = new ManifestGraphs
                {
                    Infer = Describe(InferFile, infer),
                    Adapt = Describe(AdaptFile, adapt),
                    Backbone = prefix is null ? null : DescribeBackbone(prefix.Backbone),
                    Accumulate = accumulate is null ? null : Describe(AccumulateFile, accumulate),
                    Update = update is null ? null : Describe(UpdateFile, update),
                    AdaptMany = adaptMany is null ? null : Describe(AdaptManyFile, adaptMany),
                },
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
                TrainingRates = rates?.Session,
                TrainingAbsence = trainingAbsence,
                Recipe = state.Recipe,
                Provenance = new ManifestProvenance
                {
                    Seed = (long)recipe.Seed,
                    Iterations = state.BestIteration ?? state.Iteration,
                    StartedFrom = state.StartedFrom,
                    DataHash = state.DataHash,
                    ToolVersion = state.ToolVersion,
                    Metrics = state.BestMetric is { } metric ? JsonSerializer.SerializeToElement(new { validation = metric }, Json) : null,
                    Licences = state.Licences,
                },
            },
            verify
        );
    }

    // What it gives is kept.
    private static ManifestGraph DescribeBackbone(Graph graph)
    {
        ManifestGraph described = Describe(BackboneFile, graph);
        long kept = graph.Outputs.Sum(v => v.Shape.Skip(1).Aggregate((long)sizeof(float), (bytes, d) => bytes * d.Size));
        return described.Memory is { } memory ? described with { Memory = memory with { KeptBytesPerExample = kept } } : described;
    }

    private static ManifestGraph Describe(string file, Graph graph) =>
        new()
        {
            File = file,
            Inputs = [.. graph.Inputs.Select(v => v.Name)],
            Outputs = [.. graph.Outputs.Select(v => v.Name)],
            Memory = GraphMemory.Of(graph) is var (bytes, perExample) ? new() { Bytes = bytes, BytesPerExample = perExample } : null,
        };
}
