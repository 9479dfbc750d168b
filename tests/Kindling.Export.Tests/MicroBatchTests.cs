using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using TrainingSession = Kindling.Train.Session.TrainingSession;
using TrainingStart = Kindling.Train.Session.TrainingStart;

namespace Kindling.Export.Tests;

/// <summary>Adaptation in parts of the support set: the same as with all examples at once, in less memory, or a refusal that says why.</summary>
public sealed class MicroBatchTests
{
    private const string Glyphs =
        """{ "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }""";

    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("kindling").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [TestCase("""{ "type": "mlp", "hidden": [12] }""", """{ "optimizer": "sgd", "rate": 0.05 }""", null)]
    [TestCase("""{ "type": "mlp", "hidden": [12], "normalization": "layer" }""", """{ "optimizer": "adam", "rate": 0.01 }""", null)]
    [TestCase(
        """{ "type": "conv4", "filters": 4, "normalization": "layer" }""",
        """{ "optimizer": "momentum", "rate": 0.02, "clipNorm": 0.5 }""",
        null
    )]
    [TestCase(
        """{ "type": "mlp", "hidden": [12] }""",
        """{ "optimizer": "adamw", "rate": 0.01, "weightDecay": 0.1, "proximal": 0.1 }""",
        null
    )]
    [TestCase(
        """{ "type": "mlp", "hidden": [12, 10] }""",
        """{ "optimizer": "adam", "rate": 0.01 }""",
        """{ "type": "lora", "targets": "hidden2.*" }"""
    )]
    public void Adapt_InParts_GivesWhatAllExamplesAtOnceDo(string network, string inner, string? adapters)
    {
        using AdaptableModel model = Model(network, inner, adapters);
        Episode episode = Drawn(model);
        SupportSet support = SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes);
        (AdaptReport whole, IReadOnlyDictionary<string, FloatTensor> expected) = Adapted(model, support, null);
        foreach (int size in new[] { 1, 2, 4, 5, 6, 100 })
        {
            (AdaptReport report, IReadOnlyDictionary<string, FloatTensor> parameters) = Adapted(model, support, size);
            Assert.That(report.Losses, Is.EqualTo(whole.Losses).Within(2e-5), $"{size}");
            foreach ((string name, FloatTensor tensor) in parameters)
            {
                Assert.That(tensor.Values, Is.EqualTo(expected[name].Values).Within(5e-5), $"{name} in parts of {size}");
            }

            Assert.That(report.Findings.Select(f => f.Message), Is.EqualTo(whole.Findings.Select(f => f.Message)));
        }
    }

    [Test]
    public void Adapt_InPartsWithValidation_JudgesAsWithAllAtOnce()
    {
        using AdaptableModel model = Model(
            """{ "type": "mlp", "hidden": [12] }""",
            """{ "optimizer": "sgd", "rate": 0.01 }""",
            null,
            Sinusoid
        );
        Episode episode = Drawn(model);
        SupportSet support = SupportSet.FromTargets(episode.SupportX, episode.SupportY);
        AdaptReport[] reports = Array.ConvertAll(
            new int?[] { null, 3 },
            size =>
            {
                using Learner learner = model.CreateLearner();
                return learner.Adapt(
                    new AdaptRequest
                    {
                        Support = support,
                        HoldOut = 0.4,
                        Steps = 6,
                        MicroBatch = size,
                    }
                );
            }
        );
        Assert.That(reports[1].Validation, Is.EqualTo(reports[0].Validation).Within(1e-5));
        Assert.That(reports[1].TakenStep, Is.EqualTo(reports[0].TakenStep));
    }

    [Test]
    public void AdaptationBytes_OfParts_AreFewerAndTheReportSaysSo()
    {
        using AdaptableModel model = Model(
            """{ "type": "conv4", "filters": 8, "normalization": "layer" }""",
            """{ "optimizer": "sgd", "rate": 0.05 }""",
            null
        );
        long all = model.Manifest.AdaptationBytes(6)!.Value;
        long parts = model.Manifest.AdaptationBytes(6, microBatch: 1)!.Value;
        Assert.That(parts, Is.LessThan(all / 2));
        Assert.That(model.Manifest.AdaptationBytes(6, microBatch: 6), Is.EqualTo(all));

        Episode episode = Drawn(model);
        SupportSet support = SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes);
        using Learner learner = model.CreateLearner();
        AdaptReport refused = learner.Adapt(new AdaptRequest { Support = support, MemoryBudget = parts });
        Assert.That(
            refused.Reason,
            Does.EndWith("MB, a MicroBatch of 1 or 2 examples would do.").Or.EndWith("MB, a MicroBatch of 1 or 1 examples would do.")
        );
        Assert.That(
            learner
                .Adapt(
                    new AdaptRequest
                    {
                        Support = support,
                        MemoryBudget = parts,
                        MicroBatch = 1,
                    }
                )
                .Steps,
            Is.GreaterThan(0)
        );
        refused = learner.Adapt(
            new AdaptRequest
            {
                Support = support,
                MemoryBudget = parts - 1,
                MicroBatch = 1,
            }
        );
        Assert.That(refused.Reason, Does.EndWith("MB in parts of 1."));
    }

    [TestCase(
        """{ "type": "conv4", "filters": 4, "normalization": "batch" }""",
        """{ "rate": 0.05 }""",
        "its layers normalise by statistics of all of them (normalization batch)"
    )]
    [TestCase(
        """{ "type": "conv4", "filters": 4, "normalization": "support" }""",
        """{ "rate": 0.05 }""",
        "its layers normalise by statistics of all of them (normalization support)"
    )]
    [TestCase(
        """{ "type": "mlp", "hidden": [8], "head": "prototypes" }""",
        """{ "rate": 0.05 }""",
        "its head is made of means over all of them"
    )]
    [TestCase("""{ "type": "mlp", "hidden": [8] }""", """{ "rate": 0.05, "batch": 2 }""", "its rule updates after every 2 of them already")]
    public void Adapt_ExamplesThatDependOnEachOther_AreNotComputedApart(string network, string inner, string reason)
    {
        using AdaptableModel model = Model(network, inner, null);
        Episode episode = Drawn(model);
        SupportSet support = SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes);
        using Learner learner = model.CreateLearner();
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = support, MicroBatch = 2 }),
            Throws.ArgumentException.With.Message.EqualTo($"MicroBatch: the examples of 'test' cannot be computed apart: {reason}.")
        );
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = support, MicroBatch = 0 }),
            Throws.ArgumentException.With.Message.Contains("MicroBatch: expected null or at least 1, got 0.")
        );
    }

    private const string Sinusoid = """{ "type": "sinusoid", "shots": 10, "queries": 10 }""";

    private static (AdaptReport Report, IReadOnlyDictionary<string, FloatTensor> Parameters) Adapted(
        AdaptableModel model,
        SupportSet support,
        int? size
    )
    {
        using Learner learner = model.CreateLearner();
        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = support,
                Steps = 4,
                MicroBatch = size,
            }
        );
        return (report, learner.Parameters);
    }

    private static Episode Drawn(AdaptableModel model)
    {
        Recipe recipe = Recipe.Parse(model.Manifest.Recipe!.Value.GetRawText(), "bundle");
        return TaskFamilies.Create(recipe.Tasks, "").Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(4));
    }

    private AdaptableModel Model(string network, string inner, string? adapters, string tasks = Glyphs)
    {
        string Text(string? with) =>
            $$"""
                {
                  "name": "test", "seed": 7, "network": {{network}}, "tasks": {{tasks}}, "adapters": {{with ?? "null"}},
                  "algorithm": { "type": "fomaml", "engine": "graph", "iterations": 2, "tasksPerBatch": 2, "validationEpisodes": 2 },
                  "inner": {{inner}}
                }
                """;
        string checkpoint = Train(Text(null), "plain", null);
        checkpoint = adapters is null ? checkpoint : Train(Text(adapters), "adapters", TrainingStart.Read(checkpoint));
        _ = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        return AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
    }

    private string Train(string text, string name, TrainingStart? start)
    {
        Recipe recipe = Recipe.Parse(text, "test");
        string checkpoint = Path.Combine(folder, name);
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System)
        {
            Start = start,
            TrainsBaseline = false,
        };
        Assert.That(
            session.Run(1, resume: false, new Progress<Kindling.Train.Session.TrainingProgress>(), CancellationToken.None),
            Is.True
        );
        return checkpoint;
    }
}
