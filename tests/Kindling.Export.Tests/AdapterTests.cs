using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using Microsoft.ML.OnnxRuntime;
using TrainingSession = Kindling.Train.Session.TrainingSession;

namespace Kindling.Export.Tests;

/// <summary>Adapters on a frozen network: what they compute, what training leaves alone, and the bundle with its backbone.</summary>
public sealed class AdapterTests
{
    private const string Conv = """{ "type": "conv4", "filters": 6, "normalization": "layer" }""";
    private const string Mlp = """{ "type": "mlp", "hidden": [12, 10], "normalization": "layer" }""";
    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("kindling").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    // What the backbone holds follows from where the first adapter stands.
    [TestCase(
        Mlp,
        """{ "type": "lora", "rank": 2, "alpha": 4 }""",
        2,
        new[] { "hidden1.lora.a", "hidden1.lora.b", "hidden2.lora.a", "hidden2.lora.b" }
    )]
    [TestCase(Mlp, """{ "type": "lora", "rank": 2, "targets": "hidden2.*" }""", 2, new[] { "hidden2.lora.a", "hidden2.lora.b" })]
    [TestCase(Mlp, """{ "type": "film", "targets": "hidden1.weight" }""", 1, new[] { "hidden1.film.scale", "hidden1.film.shift" })]
    [TestCase(Mlp, """{ "type": "bias" }""", 0, new[] { "hidden1.bias", "hidden1.norm.shift", "hidden2.bias", "hidden2.norm.shift" })]
    [TestCase(Mlp, """{ "type": "head" }""", 1, new string[0])]
    [TestCase(Conv, """{ "type": "lora", "rank": 1, "targets": "conv3.weight" }""", 2, new[] { "conv3.lora.a", "conv3.lora.b" })]
    [TestCase(Conv, """{ "type": "film", "targets": "conv4.weight" }""", 1, new[] { "conv4.film.scale", "conv4.film.shift" })]
    public void Export_Adapters_RepeatTheTrainersInnerLoopAndLeaveTheRest(string network, string adapters, int kept, string[] names)
    {
        (Recipe plain, string start) = Pretrained(network);
        Recipe recipe = With(plain, adapters);
        string checkpoint = Path.Combine(folder, "adapters");
        Train(recipe, checkpoint, start);
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());

        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        string[] adapted = [.. bundle.Manifest.Parameters.Where(p => p.Adapts).Select(p => p.Name)];
        Assert.That(adapted, Is.EquivalentTo(names.Concat(["head.weight", "head.bias"])));
        Assert.That(bundle.Manifest.Graphs.Backbone?.Outputs.Count ?? 0, Is.EqualTo(kept));

        IReadOnlyDictionary<string, FloatTensor> before = SafetensorsFile.Read(Path.Combine(start, Checkpoint.ThetaFile)).Tensors;
        IReadOnlyDictionary<string, FloatTensor> after = bundle.ReadTensors(BundleManifest.ThetaFileName).Tensors;
        foreach (ManifestParameter parameter in bundle.Manifest.Parameters.Where(p => !p.Adapts))
        {
            Assert.That(after[parameter.Name].Values, Is.EqualTo(before[parameter.Name].Values), parameter.Name);
        }

        foreach (string name in adapted)
        {
            bool moved = !before.TryGetValue(name, out FloatTensor? old) || !old.Values.SequenceEqual(after[name].Values);
            Assert.That(moved && after[name].Values.Any(v => v != 0), Is.True, name);
        }

        SafetensorsFile baseline = bundle.ReadTensors("baselines.safetensors");
        Assert.That(
            baseline.Tensors.Keys,
            Is.EquivalentTo(names),
            "the joint baseline trains what meta-training may, and keeps no copy of the rest"
        );
    }

    // What stays as it is may be held in fewer bytes, and trainer and app still agree: both have the rounded numbers.
    [TestCase("float16", 1e-3)]
    [TestCase("int8", 1.0 / 127)]
    public void Export_RoundedFrozenWeights_AreTheTrainersToTheBit(string weights, double error)
    {
        (Recipe plain, string start) = Pretrained(Mlp);
        Recipe recipe = With(plain, $$"""{ "type": "lora", "rank": 2, "weights": "{{weights}}" }""");
        string checkpoint = Path.Combine(folder, "adapters");
        Train(recipe, checkpoint, start);
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());

        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        IReadOnlyDictionary<string, FloatTensor> before = SafetensorsFile.Read(Path.Combine(start, Checkpoint.ThetaFile)).Tensors;
        IReadOnlyDictionary<string, FloatTensor> trained = SafetensorsFile.Read(Path.Combine(checkpoint, Checkpoint.ThetaFile)).Tensors;
        IReadOnlyDictionary<string, FloatTensor> after = bundle.ReadTensors(BundleManifest.ThetaFileName).Tensors;
        foreach (string name in new[] { "hidden1.weight", "hidden2.weight" })
        {
            Assert.That(after[name].Values, Is.EqualTo(trained[name].Values), name);
            Assert.That(after[name].Values, Is.Not.EqualTo(before[name].Values), name);
            Assert.That(after[name].Values, Is.EqualTo(before[name].Values).Within(error * before[name].Values.Max(MathF.Abs)), name);
        }

        Assert.That(after["hidden1.norm.scale"].Values, Is.EqualTo(before["hidden1.norm.scale"].Values), "vectors stay as they were");
    }

    // Its adapters were trained around other weights than the bundle would have.
    [Test]
    public void Export_BaselineOfAnotherStart_IsRefusedUntilItIsTrainedAnew()
    {
        (Recipe plain, string start) = Pretrained(Mlp);
        Recipe recipe = With(plain, """{ "type": "lora", "rank": 2 }""");
        string checkpoint = Path.Combine(folder, "adapters");
        Train(recipe, checkpoint, start);
        string file = Path.Combine(start, Checkpoint.ThetaFile);
        SafetensorsFile theta = SafetensorsFile.Read(file);
        theta.Tensors["hidden1.weight"].Values[0] += 1;
        SafetensorsFile.Write(file, theta.Tensors, theta.Metadata);
        Train(recipe, checkpoint, start, trainsBaseline: false);
        Assert.That(
            () => BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle")),
            Throws.TypeOf<BundleException>().With.Message.Contain("the baseline belongs to another recipe, other data or another start")
        );
        Train(recipe, checkpoint, start: null, resume: true);
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
    }

    [Test]
    public void Train_FrozenWeightThatFloat16DoesNotHold_IsRefusedByName()
    {
        (Recipe plain, string start) = Pretrained(Mlp);
        string file = Path.Combine(start, Checkpoint.ThetaFile);
        SafetensorsFile theta = SafetensorsFile.Read(file);
        theta.Tensors["hidden2.weight"].Values[3] = 1e6f;
        SafetensorsFile.Write(file, theta.Tensors, theta.Metadata);
        Recipe recipe = With(plain, """{ "type": "head", "weights": "float16" }""");
        Assert.That(
            () => Train(recipe, Path.Combine(folder, "adapters"), start),
            Throws
                .TypeOf<BundleException>()
                .With.Message.StartsWith("adapters.weights, 'hidden2.weight': Float16 holds numbers up to 65504 in size, element 3 of")
        );
    }

    [TestCase("sgd", 0)]
    [TestCase("adam", 0)]
    [TestCase("sgd", 2)]
    public void Adapt_WithBackbone_GivesWhatTheWholeModelDoes(string optimizer, int batch)
    {
        (Recipe plain, string start) = Pretrained(Mlp);
        Recipe recipe = With(plain, """{ "type": "lora", "rank": 2, "targets": "hidden2.weight" }""", optimizer, batch);
        Train(recipe, Path.Combine(folder, "adapters"), start);
        _ = BundleExporter.Export(Path.Combine(folder, "adapters"), Path.Combine(folder, "bundle"));

        using AdaptableModel model = AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
        Episode episode = TaskFamilies.Create(recipe.Tasks, "").Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(3));
        using Learner learner = model.CreateLearner();
        SupportSet support = SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes);
        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = support,
                Steps = 5,
                HoldOut = batch == 0 ? 0.34 : 0,
            }
        );
        Assert.That(report.Accepted, Is.True, report.Reason);
        string delta = Path.Combine(folder, "user.adapted");
        learner.Save(delta);
        Assert.That(new FileInfo(delta).Length, Is.LessThan(6_000));
        using Learner back = model.OpenLearner(delta);
        string baked = Path.Combine(folder, "user.onnx");
        back.Bake(baked);

        float[] one = [.. back.PredictBatch(episode.QueryX).SelectMany(p => p.Values)];
        using InferenceSession session = new(baked);
        float[] whole = Run(session, episode.QueryX, "scores");
        Assert.That(one, Is.EqualTo(whole).Within(1e-5));
    }

    // Beside a weight W a product A B is what W + s A B would be; for convolutions likewise.
    [TestCase(Mlp, "hidden1", 2.0)]
    [TestCase(Mlp, "hidden2", 0.0)]
    [TestCase(Conv, "conv2", 6.0)]
    public void Apply_Lora_IsAWeightWithAProductAdded(string network, string layer, double alpha)
    {
        const int Rank = 3;
        Recipe plain = Recipe.Parse(Text(network), "test");
        Recipe recipe = With(plain, $$"""{ "type": "lora", "rank": {{Rank}}, "alpha": {{alpha}}, "targets": "{{layer}}.weight" }""");
        int[] input = [1, 28, 28];
        NetworkGraphs adapted = recipe.Build(input, 3);
        Dictionary<string, FloatTensor> values = new(Checkpoint.Named(adapted, MetaTrainer.Initialise(adapted, 5)), StringComparer.Ordinal);
        SeededRandom random = new(8);
        FloatTensor b = values[$"{layer}.lora.b"];
        values[$"{layer}.lora.b"] = new FloatTensor([.. b.Shape], [.. b.Values]);
        for (int i = 0; i < b.Count; i++)
        {
            values[$"{layer}.lora.b"].Values[i] = (float)random.NextGaussian();
        }

        FloatTensor x = new([4, .. input], [.. Enumerable.Range(0, 4 * 784).Select(_ => (float)random.NextGaussian())]);
        float[] beside = Run(adapted, values, x);
        Dictionary<string, FloatTensor> merged = new(values, StringComparer.Ordinal);
        merged[$"{layer}.weight"] = Merged(values, layer, Rank, alpha == 0 ? 1 : alpha / Rank);
        float[] inside = Run(plain.Build(input, 3), merged, x);
        Assert.That(beside, Is.EqualTo(inside).Within(2e-5));
        Assert.That(beside, Is.Not.EqualTo(Run(plain.Build(input, 3), values, x)).Within(1e-3));
    }

    [Test]
    public void Train_AdaptersWithoutWeightsToStartFrom_IsRefused()
    {
        Recipe recipe = With(Recipe.Parse(Text(Mlp), "test"), """{ "type": "lora" }""");
        Assert.That(
            () => Train(recipe, Path.Combine(folder, "adapters"), start: null),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "adapters: the network's own weights stay as they are ('hidden1.weight' and others), so that they have to come from an earlier training; give it with --from BUNDLE."
                )
        );
    }

    [TestCase(
        """{ "type": "lora", "targets": "conv9.*" }""",
        "adapters.targets: 'conv9.*' matches none of the parameters that can have adapters of type lora: hidden1.weight, hidden2.weight."
    )]
    [TestCase(
        """{ "type": "film", "targets": "hidden1.bias" }""",
        "adapters.targets: 'hidden1.bias' matches none of the parameters that can have adapters of type film: hidden1.weight, hidden2.weight."
    )]
    public void Build_TargetsWithoutAdapters_AreRefusedByName(string adapters, string message)
    {
        Recipe recipe = With(Recipe.Parse(Text(Mlp), "test"), adapters);
        Assert.That(() => recipe.Build([1, 28, 28], 3), Throws.TypeOf<GraphException>().With.Message.EqualTo(message));
    }

    private static float[] Run(NetworkGraphs network, IReadOnlyDictionary<string, FloatTensor> values, FloatTensor x)
    {
        Dictionary<string, Tensor> weights = values.ToDictionary(
            v => v.Key,
            v => Tensor.Of<float>(v.Value.Values, [.. v.Value.Shape.Select(d => (long)d)]),
            StringComparer.Ordinal
        );
        weights["mask"] = Tensor.Vector(1f, 1f, 1f);
        using InferenceSession session = new(OnnxWriter.ToBytes(BundleGraphs.Model("model", network, classification: true, weights)));
        return Run(session, x);
    }

    private static float[] Run(InferenceSession session, FloatTensor x, string output = "output")
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(x.Values, [.. x.Shape.Select(d => (long)d)]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["x"], [input], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static FloatTensor Merged(Dictionary<string, FloatTensor> values, string layer, int rank, double scale)
    {
        FloatTensor weight = values[$"{layer}.weight"];
        float[] a = values[$"{layer}.lora.a"].Values;
        float[] b = values[$"{layer}.lora.b"].Values;
        float[] merged = [.. weight.Values];

        // [in, out] of a product, [out, in x kernel] of a convolution
        bool isConv = weight.Rank == 4;
        int outer = weight.Shape[0];
        int inner = weight.Count / outer;
        for (int i = 0; i < merged.Length; i++)
        {
            (int row, int column) = (i / inner, i % inner);
            for (int r = 0; r < rank; r++)
            {
                double product = isConv
                    ? (double)b[(row * rank) + r] * a[(r * inner) + column]
                    : (double)a[(row * rank) + r] * b[(r * inner) + column];
                merged[i] += (float)(scale * product);
            }
        }

        return new FloatTensor([.. weight.Shape], merged);
    }

    private (Recipe Recipe, string Checkpoint) Pretrained(string network)
    {
        Recipe recipe = Recipe.Parse(Text(network), "test");
        string checkpoint = Path.Combine(folder, "pretrained");
        Train(recipe, checkpoint, start: null);
        return (recipe, checkpoint);
    }

    private static void Train(Recipe recipe, string checkpoint, string? start, bool trainsBaseline = true, bool resume = false)
    {
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System)
        {
            Start = start is null ? null : TrainingStart.Read(start),
            TrainsBaseline = trainsBaseline,
        };
        Assert.That(session.Run(2, resume, new Progress<TrainingProgress>(), CancellationToken.None), Is.True);
    }

    private static Recipe With(Recipe recipe, string adapters, string optimizer = "sgd", int batch = 0) =>
        Recipe.Parse(
            recipe.ToJson(),
            "test",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["adapters"] = adapters,
                ["algorithm.type"] = "maml",
                ["inner.optimizer"] = optimizer,
                ["inner.batch"] = $"{batch}",
            }
        );

    private static string Text(string network) =>
        $$"""
            {
              "name": "test", "seed": 7, "network": {{network}},
              "tasks": { "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 },
              "algorithm": { "type": "fomaml", "engine": "graph", "iterations": 4, "tasksPerBatch": 2, "validationEpisodes": 2 },
              "inner": { "optimizer": "sgd", "rate": 0.02, "steps": 2 }
            }
            """;
}
