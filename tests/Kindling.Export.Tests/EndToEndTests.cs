using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Export.Training;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Export.Tests;

/// <summary>Train 50 iterations, export, and compare the app's adaptation with the trainer's own inner loop.</summary>
public sealed class EndToEndTests
{
    private static readonly string[] Networks =
    [
        """{ "type": "mlp", "hidden": [16, 16] }""",
        """{ "type": "mlp", "hidden": [16], "normalization": "layer" }""",
        """{ "type": "linear" }""",
    ];

    private static readonly string[] Optimizers = ["sgd", "momentum", "adam", "adamw"];

    private static readonly string[] Normalizations = ["none", "batch", "support", "group", "layer"];

    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("kindling").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestCaseSource(nameof(Networks))]
    public void Export_Regression_RepeatsTheTrainersInnerLoop(string network)
    {
        VerificationReport report = TrainAndExport(network, """{ "type": "sinusoid", "shots": 10, "queries": 10 }""", "sgd", 0.005, 50);
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
    }

    [TestCaseSource(nameof(Optimizers))]
    public void Export_EveryOptimizer_RepeatsTheTrainersInnerLoop(string optimizer)
    {
        VerificationReport report = TrainAndExport(
            Networks[0],
            """{ "type": "sinusoid", "shots": 10, "queries": 10 }""",
            optimizer,
            0.002,
            3
        );
        Assert.That(report.Passed, Is.True, report.ToString());
    }

    // Parity of the trainer's inner loop and the app's, over ten steps: so many that rates which were learned for fewer may diverge, in both alike.
    [TestCaseSource(typeof(AlgorithmCase), nameof(AlgorithmCase.All))]
    public void Export_EveryAlgorithm_RepeatsTheTrainersInnerLoop(AlgorithmCase algorithm)
    {
        Recipe recipe = algorithm.Recipe(20, "graph");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        string checkpoint = Path.Combine(folder, "checkpoint");
        Assert.That(
            new TrainingSession(recipe, tasks, checkpoint, TimeProvider.System).Run(1, false, new Progress<TrainingProgress>(), default),
            Is.True
        );
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        string[] adapted = [.. bundle.Manifest.Parameters.Where(p => p.Adapts).Select(p => p.Name)];
        string[] expected = algorithm.Type switch
        {
            "anil" or "oml" => ["head.weight", "head.bias"],
            "boil" => ["hidden1.weight", "hidden1.bias", "hidden2.weight", "hidden2.bias"],
            "cavia" => ["context"],
            "protonet" => ["head.weight", "head.bias"],
            _ when algorithm.IsOfClasses => [.. bundle.Manifest.Parameters.Select(p => p.Name)],
            _ => ["hidden1.weight", "hidden1.bias", "hidden2.weight", "hidden2.bias", "head.weight", "head.bias"],
        };
        Assert.That(adapted, Is.EqualTo(expected));
    }

    [TestCaseSource(typeof(NetworkCase), nameof(NetworkCase.All))]
    public void Export_EveryNetwork_RepeatsTheTrainersInnerLoop(NetworkCase network)
    {
        ITaskFamily tasks = network.Tasks();
        string checkpoint = Path.Combine(folder, "checkpoint");
        TrainingSession session = new(network.Recipe(3, "graph"), tasks, checkpoint, TimeProvider.System);
        Assert.That(session.Run(2, false, new Progress<TrainingProgress>(), default), Is.True);
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Passed, Is.True, report.ToString());
    }

    // Three steps in training, ten in the replay: the last rate goes on, in both alike.
    [Test]
    public void Export_RatesThatFall_AreRowsOfTheBundleAndRepeatTheTrainersInnerLoop()
    {
        AlgorithmCase falling = new("maml") { Inner = """{ "rate": 0.02, "steps": 3, "adaptationSteps": 5, "schedule": "linear" }""" };
        Recipe recipe = falling.Recipe(5, "graph");
        string checkpoint = Path.Combine(folder, "checkpoint");
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System);
        _ = session.Run(1, false, new Progress<TrainingProgress>(), default);
        VerificationReport report = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        FloatTensor rates = bundle.ReadTensors(BundleManifest.ThetaFileName).Tensors["head.weight.rate"];
        Assert.That(rates.Values, Is.EqualTo(new[] { 0.02f, 0.04f / 3, 0.02f / 3 }).Within(1e-8));
        Assert.That(bundle.Manifest.TrainingRates, Is.EqualTo(rates.Values), "ONNX Runtime Training gets the same ones");
    }

    [Test]
    public void Export_Conv4_RepeatsTheTrainersInnerLoop(
        [ValueSource(nameof(Normalizations))] string normalization,
        [Values("stride", "pool")] string downsample
    )
    {
        VerificationReport report = TrainAndExport(
            $$"""{ "type": "conv4", "filters": 8, "normalization": "{{normalization}}", "downsample": "{{downsample}}" }""",
            """{ "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }""",
            "sgd",
            0.05,
            3
        );
        Assert.That(report.Passed, Is.True, report.ToString());
    }

    [Test]
    public void Adapt_ExportedBundle_FitsALineAndSurvivesSaving()
    {
        _ = TrainAndExport("""{ "type": "linear" }""", """{ "type": "linear", "shots": 5, "queries": 5 }""", "sgd", 0.0425, 200);
        using AdaptableModel model = AdaptableModel.Open(Path.Combine(folder, "bundle"));
        using Learner learner = model.CreateLearner();
        AdaptReport report = learner.Adapt(
            SupportSet.FromTargets(new FloatTensor([5, 1], [1, 2, 3, 4, 5]), new FloatTensor([5, 1], [2, 4, 6, 8, 10]))
        );
        Assert.That(report.Accepted, Is.True, report.Reason);

        string delta = Path.Combine(folder, "line.adapted");
        learner.Save(delta);
        using Learner back = model.OpenLearner(delta);
        FloatTensor x = new([1], [2.5f]);
        Assert.That(back.Predict(x).Values, Is.EqualTo(learner.Predict(x).Values));
    }

    [Test]
    public void Export_FinishedTraining_CarriesTheBaselineAndItsHash()
    {
        _ = TrainAndExport(Networks[0], """{ "type": "sinusoid", "shots": 5, "queries": 5 }""", "sgd", 0.005, 2);
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        SafetensorsFile trained = SafetensorsFile.Read(Path.Combine(folder, "checkpoint", "baselines.safetensors"));
        SafetensorsFile carried = bundle.ReadTensors("baselines.safetensors");
        Assert.That(carried.Tensors.Keys, Is.EquivalentTo(trained.Tensors.Keys));
        Assert.That(carried.Tensors["head.weight"].Values, Is.EqualTo(trained.Tensors["head.weight"].Values));
    }

    [Test]
    public void Export_RuleOfOnnxRuntimeTraining_BringsItsArtifacts()
    {
        _ = TrainAndExport(Networks[0], """{ "type": "sinusoid", "shots": 5, "queries": 5 }""", "sgd", 0.005, 2);
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));

        (IReadOnlyDictionary<string, FloatTensor> trainable, _) = TrainingCheckpoint.Read(bundle.Read("training/checkpoint"));
        SafetensorsFile theta = bundle.ReadTensors(BundleManifest.ThetaFileName);
        Assert.That(bundle.Manifest.TrainingAbsence, Is.Null);
        Assert.That(
            trainable.Select(parameter => parameter.Value.Values),
            Is.EqualTo(bundle.Manifest.Parameters.Select(parameter => theta.Tensors[parameter.Name].Values))
        );
        Assert.That(bundle.Manifest.Files.Keys.Where(name => name.StartsWith("training/", StringComparison.Ordinal)), Has.Exactly(5).Items);
    }

    [Test]
    public void Export_RuleThatOnnxRuntimeTrainingLacks_SaysWhyThereAreNoArtifacts()
    {
        _ = TrainAndExport(Networks[0], """{ "type": "sinusoid", "shots": 5, "queries": 5 }""", "momentum", 0.001, 2);
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));

        Assert.That(bundle.Manifest.TrainingAbsence, Is.EqualTo("ONNX Runtime Training has no SGD with momentum."));
        Assert.That(bundle.Contains("training/checkpoint"), Is.False);
    }

    [Test]
    public void Export_BaselineOfAnotherTraining_IsRefused()
    {
        const string Tasks = """{ "type": "sinusoid", "shots": 5, "queries": 5 }""";
        string file = Path.Combine(folder, "checkpoint", "baselines.safetensors");
        _ = TrainAndExport(Networks[0], Tasks, "sgd", 0.005, 2);
        byte[] other = File.ReadAllBytes(file);
        _ = TrainAndExport(Networks[0], Tasks, "sgd", 0.005, 3);
        File.WriteAllBytes(file, other);
        Assert.That(
            () => BundleExporter.Export(Path.Combine(folder, "checkpoint"), Path.Combine(folder, "bundle")),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{file}: the baseline belongs to another recipe, other data or another start than the checkpoint; run `kindling train --resume` to train it anew."
                )
        );
    }

    [TestCase("sgd")]
    [TestCase("adam")]
    public void Export_LearnedRates_RepeatsTheTrainersInnerLoop(string optimizer)
    {
        VerificationReport report = TrainAndExport(
            Networks[0],
            """{ "type": "sinusoid", "shots": 10, "queries": 10 }""",
            optimizer,
            0.005,
            20,
            "learned"
        );
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        IReadOnlyDictionary<string, FloatTensor> theta = bundle.ReadTensors(BundleManifest.ThetaFileName).Tensors;
        FloatTensor[] rates = [.. bundle.Manifest.Parameters.Select(p => theta[GraphSignature.Rate(p.Name)])];
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        Assert.That(rates.Select(r => r.Values[0]).Distinct().Count(), Is.EqualTo(rates.Length), "every rate has been learned");
        Assert.That(bundle.Contains("training/checkpoint"), Is.EqualTo(optimizer == "sgd"));
        Assert.That(bundle.Manifest.TrainingRates, Is.EqualTo(optimizer == "sgd" ? new[] { 0.005f } : null));
    }

    [Test]
    public void Adapt_LearnedLoss_ReadsTheExamplesInOrderAndNoLabels()
    {
        Recipe recipe = AlgorithmCase.All.Single(c => c.Type == "daml").Recipe(20, "graph");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        string checkpoint = Path.Combine(folder, "checkpoint");
        _ = new TrainingSession(recipe, tasks, checkpoint, TimeProvider.System).Run(1, false, new Progress<TrainingProgress>(), default);
        _ = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        using AdaptableModel model = AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
        Episode episode = tasks.Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(6));
        float Adapted(float[] x, float[] y)
        {
            using Learner learner = model.CreateLearner();
            _ = learner.Adapt(SupportSet.FromTargets(new FloatTensor([x.Length / 2, 2], x), new FloatTensor([y.Length, 1], y)));
            return learner.Predict(new FloatTensor([2], [1, 0])).Values[0];
        }

        float[] shown = episode.SupportX.Values;
        float adapted = Adapted(shown, episode.SupportY.Values);
        Assert.That(Adapted(shown, [0, 1, 2, 3, 4]), Is.EqualTo(adapted));
        Assert.That(Adapted([.. shown.Chunk(2).Reverse().SelectMany(example => example)], [0, 1, 2, 3, 4]), Is.Not.EqualTo(adapted));
        Assert.That(
            () => Adapted(shown[..6], [0, 1, 2]),
            Throws.ArgumentException.With.Message.EqualTo(
                "Adaptation of 'contract' reads 5 examples, in order, to learn from; there are 3. (Parameter 'support')"
            )
        );
        Assert.That(model.Manifest.TrainingAbsence, Does.EndWith("this rule descends a learned one."));
    }

    // Ten steps of the app against the trainer's, for each loss that adaptation may descend; ONNX Runtime Training gets the loss as well.
    [TestCase("mse", """{ "type": "mlp", "hidden": [16] }""", false)]
    [TestCase("mse", """{ "type": "conv4", "filters": 4, "normalization": "support" }""", false)]
    [TestCase("entropy", """{ "type": "mlp", "hidden": [16] }""", false)]
    [TestCase("l1", """{ "type": "mlp", "hidden": [16, 16] }""", true)]
    [TestCase("huber", """{ "type": "mlp", "hidden": [16, 16] }""", true)]
    public void Export_OtherLossOfAdaptation_RepeatsTheTrainersInnerLoop(string loss, string network, bool isRegression)
    {
        string tasks = isRegression ? """{ "type": "sinusoid", "shots": 10, "queries": 10 }""" : AdaptManyTests.Glyphs;
        VerificationReport report = TrainAndExport(network, tasks, "sgd", 0.02, 5, loss: loss);
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        Assert.That(bundle.Manifest.InnerRule.Loss, Is.EqualTo(loss));
        Assert.That(bundle.Manifest.TrainingAbsence, Is.Null);
        Assert.That(bundle.Contains("training/training_model.onnx"), Is.True);
    }

    [Test]
    public void Adapt_ByEntropy_ReadsNoLabels()
    {
        _ = TrainAndExport("""{ "type": "linear" }""", AdaptManyTests.Glyphs, "sgd", 0.1, 5, loss: "entropy");
        using AdaptableModel model = AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
        Recipe recipe = Recipe.Parse(model.Manifest.Recipe!.Value.GetRawText(), "bundle");
        Episode episode = TaskFamilies.Create(recipe.Tasks, "").Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(6));
        float[] Adapted(params int[] labels)
        {
            using Learner learner = model.CreateLearner();
            AdaptReport report = learner.Adapt(SupportSet.FromTensors(episode.SupportX, labels, episode.Classes));
            Assert.That(report.LossAfter, Is.LessThan(report.LossBefore));
            return learner.Parameters["head.weight"].Values;
        }

        Assert.That(Adapted(2, 1, 0, 0, 1, 2), Is.EqualTo(Adapted(0, 0, 1, 1, 2, 2)));
    }

    [Test]
    public void Export_OfABundle_WritesTheSameBundle()
    {
        _ = TrainAndExport(Networks[0], """{ "type": "sinusoid", "shots": 5, "queries": 5 }""", "sgd", 0.005, 2);
        string first = Path.Combine(folder, "bundle");
        string second = Path.Combine(folder, "again");
        VerificationReport report = BundleExporter.Export(first, second);
        Assert.That(report.Passed, Is.True, report.ToString());
        string[] files = [.. Directory.EnumerateFiles(first, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(first, f))];
        Assert.That(files, Has.Length.GreaterThan(10));
        foreach (string file in files)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(second, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(first, file))), file);
        }
    }

    [Test]
    public void Export_BaselineTrainedApart_IsCarried()
    {
        _ = TrainAndExport(Networks[0], """{ "type": "sinusoid", "shots": 5, "queries": 5 }""", "sgd", 0.005, 2);
        string apart = Path.Combine(folder, "apart");
        _ = Directory.CreateDirectory(apart);
        File.Move(Path.Combine(folder, "checkpoint", "baselines.safetensors"), Path.Combine(apart, "baselines.safetensors"));
        foreach (string source in new[] { "checkpoint", "bundle" })
        {
            string target = Path.Combine(folder, "of-" + source);
            _ = BundleExporter.Export(Path.Combine(folder, source), target, apart);
            using BundleFiles bundle = BundleFiles.Open(target);
            Assert.That(bundle.Contains("baselines.safetensors"), Is.True, source);
        }
    }

    private VerificationReport TrainAndExport(
        string network,
        string tasks,
        string optimizer,
        double rate,
        int iterations,
        string rates = "fixed",
        string loss = "same"
    )
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7, "network": {{network}}, "tasks": {{tasks}},
              "algorithm": { "type": "{{(
                rates == "fixed" ? "fomaml" : "maml"
            )}}", "iterations": {{iterations}}, "tasksPerBatch": 4, "validationEpisodes": 4 },
              "inner": { "optimizer": "{{optimizer}}", "rate": {{rate}}, "rates": "{{rates}}", "steps": 1, "loss": "{{loss}}" }
            }
            """,
            "test"
        );
        string checkpoint = Path.Combine(folder, "checkpoint");
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System);
        bool finished = session.Run(2, resume: false, new Progress<TrainingProgress>(), CancellationToken.None);
        Assert.That(finished, Is.True);
        return BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
    }
}
