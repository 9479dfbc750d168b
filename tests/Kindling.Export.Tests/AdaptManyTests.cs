using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Export.Tests;

/// <summary>Many adaptations at once against each by itself, on bundles as the exporter writes them.</summary>
public sealed class AdaptManyTests
{
    private const double Tolerance = 1e-5;

    private static readonly TestCaseData[] Rows =
    [
        Row("""{ "type": "mlp", "hidden": [20, 20] }""", """{ "type": "sinusoid", "shots": 10, "queries": 5 }""", "sgd", 0.01, "all", true),
        Row(
            """{ "type": "mlp", "hidden": [20, 20] }""",
            """{ "type": "sinusoid", "shots": 10, "queries": 5 }""",
            "adam",
            0.01,
            "all",
            true
        ),
        Row(
            """{ "type": "mlp", "hidden": [20] }""",
            """{ "type": "sinusoid", "shots": 10, "queries": 5 }""",
            "momentum",
            0.01,
            "head",
            true
        ),
        Row("""{ "type": "linear" }""", Glyphs, "sgd", 0.1, "all", true),
        Row("""{ "type": "linear" }""", Glyphs, "sgd", 0.003, "all", true, "mse"),
        Row("""{ "type": "linear" }""", Glyphs, "sgd", 0.1, "all", true, "entropy"),
        Row(
            """{ "type": "mlp", "hidden": [8] }""",
            """{ "type": "sinusoid", "shots": 5, "queries": 5 }""",
            "sgd",
            0.01,
            "all",
            true,
            "huber"
        ),
        Row("""{ "type": "mlp", "hidden": [16], "normalization": "layer" }""", Glyphs, "adamw", 0.01, "all", true),
        Row("""{ "type": "conv4", "filters": 4, "downsample": "stride", "normalization": "support" }""", Glyphs, "sgd", 0.1, "all", false),
    ];

    private TemporaryFolder _folder = null!;

    internal static string Glyphs =>
        """{ "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 8, "validationClasses": 4, "testClasses": 4 }""";

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCaseSource(nameof(Rows))]
    public async Task AdaptManyAsync_LearnersAlike_GivesEachItsOwnResult(Recipe recipe, bool batched)
    {
        ITaskFamily tasks = Export(recipe);
        using AdaptableModel model = AdaptableModel.Open(_folder["bundle"], new AdaptOptions { RequireImprovement = false });
        Assert.That(model.Manifest.Graphs.AdaptMany, batched ? Is.Not.Null : Is.Null);
        SupportSet[] sets = [.. Enumerable.Range(0, 200).Select(i => Support(tasks, recipe, (ulong)i))];
        Learner[] serial = [.. sets.Select(_ => model.CreateLearner())];
        Learner[] many = [.. sets.Select(_ => model.CreateLearner())];

        AdaptReport[] reports = await model.AdaptManyAsync([
            .. many.Zip(sets, (learner, set) => (learner, new AdaptRequest { Support = set })),
        ]);

        for (int i = 0; i < sets.Length; i++)
        {
            AdaptReport expected = serial[i].Adapt(sets[i]);
            Assert.That(reports[i].Losses, Is.EqualTo(expected.Losses).Within(Tolerance), $"losses of learner {i}");
            foreach ((string name, FloatTensor tensor) in serial[i].Parameters)
            {
                Assert.That(many[i].Parameters[name].Values, Is.EqualTo(tensor.Values).Within(Tolerance), $"{name} of learner {i}");
            }

            Assert.That((many[i].Steps, many[i].Classes), Is.EqualTo((serial[i].Steps, serial[i].Classes)));
        }

        Array.ForEach([.. serial, .. many], learner => learner.Dispose());
    }

    [Test]
    public void AdaptManyAsync_BatchCancelled_LeavesLearnersAsTheyWere()
    {
        Recipe recipe = (Recipe)Rows[0].Arguments[0]!;
        SupportSet set = Support(Export(recipe), recipe, 1);
        using AdaptableModel model = AdaptableModel.Open(_folder["bundle"]);
        Learner[] learners = [.. Enumerable.Range(0, 8).Select(_ => model.CreateLearner())];
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        Assert.That(
            () =>
                model.AdaptManyAsync(
                    [.. learners.Select(learner => (learner, new AdaptRequest { Support = set, Steps = AdaptRequest.MaximumSteps }))],
                    cancel.Token
                ),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(learners.Select(learner => learner.Steps), Is.All.Zero);
        Assert.That(() => learners[0].Adapt(set), Throws.Nothing, "the turn was given back");
        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public async Task AdaptManyAsync_OneOfABatchDiverges_OnlyItStaysAsItWas()
    {
        Recipe recipe = (Recipe)Rows[0].Arguments[0]!;
        ITaskFamily tasks = Export(recipe);
        using AdaptableModel model = AdaptableModel.Open(_folder["bundle"]);
        Learner[] learners = [.. Enumerable.Range(0, 8).Select(_ => model.CreateLearner())];
        SupportSet far = SupportSet.FromTargets(
            new FloatTensor([10, 1], [.. Enumerable.Range(0, 10).Select(i => 1e10f * i)]),
            new FloatTensor([10, 1], [.. Enumerable.Repeat(1e30f, 10)])
        );
        AdaptReport[] reports = await model.AdaptManyAsync([
            .. learners.Select((learner, i) => (learner, new AdaptRequest { Support = i == 3 ? far : Support(tasks, recipe, (ulong)i) })),
        ]);
        Assert.That(reports.Select(report => report.Accepted), Is.EqualTo(Enumerable.Range(0, 8).Select(i => i != 3)));
        Assert.That(reports[3].Reason, Does.StartWith("The loss is"));
        Assert.That(learners.Select(learner => learner.Steps), Is.EqualTo(Enumerable.Range(0, 8).Select(i => i == 3 ? 0 : 5)));
        Array.ForEach(learners, learner => learner.Dispose());
    }

    private static TestCaseData Row(
        string network,
        string tasks,
        string optimizer,
        double rate,
        string adapts,
        bool batched,
        string loss = "same"
    ) =>
        new TestCaseData(
            Recipe.Parse(
                $$"""
                {
                  "name": "many", "seed": 3, "network": {{network}}, "tasks": {{tasks}},
                  "algorithm": { "type": "fomaml", "iterations": 2, "tasksPerBatch": 2, "validationEpisodes": 2 },
                  "inner": { "optimizer": "{{optimizer}}", "rate": {{rate}}, "adapts": "{{adapts}}", "loss": "{{loss}}", "steps": 1, "adaptationSteps": 5 }
                }
                """,
                "test"
            ),
            batched
        ).SetArgDisplayNames(network, optimizer, adapts, loss);

    private static SupportSet Support(ITaskFamily tasks, Recipe recipe, ulong seed)
    {
        Episode episode = tasks.Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(seed));
        return tasks.IsClassification
            ? SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes)
            : SupportSet.FromTargets(episode.SupportX, episode.SupportY);
    }

    private ITaskFamily Export(Recipe recipe)
    {
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        TrainingSession session = new(recipe, tasks, _folder["checkpoint"], TimeProvider.System) { TrainsBaseline = false };
        Assert.That(session.Run(1, resume: false, new Progress<TrainingProgress>(), CancellationToken.None), Is.True);
        Assert.That(BundleExporter.Export(_folder["checkpoint"], _folder["bundle"]).Passed, Is.True);
        return tasks;
    }
}
