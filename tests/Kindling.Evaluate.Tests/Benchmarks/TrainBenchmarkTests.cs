using Kindling.Evaluate.Benchmarks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class TrainBenchmarkTests
{
    // One tick of half a second an iteration of two tasks: 20 iterations in a run of 10 s.
    [Test]
    public void Measure_ClockThatTicks_CountsTheTasksOfARun()
    {
        Recipe recipe = Recipe.Parse(
            TrainedBundle.RecipeText("""{ "type": "mlp", "hidden": [4] }""", TrainedBundle.Sinusoid, "maml", """{ "rate": 0.01 }"""),
            "test"
        );

        TrainBenchmarkReport report = TrainBenchmark.Measure(
            recipe,
            TaskFamilies.Create(recipe.Tasks, ""),
            threads: 2,
            new TickingTime(TimeSpan.FromSeconds(0.5))
        );

        Assert.That(report.TasksPerSecond, Is.EqualTo(4));
        Assert.That(report.FirstOrderTasksPerSecond, Is.EqualTo(4));
        Assert.That((report.Model, report.Algorithm, report.Threads, report.Runs), Is.EqualTo(("test", "maml", 2, 3)));
    }

    // The comparison is one of the same work: after some iterations both trainings stand at the same weights.
    [TestCase("""{ "type": "mlp", "hidden": [6] }""", TrainedBundle.Sinusoid, "maml")]
    [TestCase("""{ "type": "conv4", "filters": 4, "normalization": "batch" }""", TrainedBundle.Glyphs, "maml")]
    [TestCase("""{ "type": "conv4", "filters": 4, "normalization": "batch" }""", TrainedBundle.Glyphs, "fomaml")]
    public void Step_ByHand_TrainsToTheSameWeights(string network, string tasks, string algorithm)
    {
        Recipe recipe = Recipe.Parse(TrainedBundle.RecipeText(network, tasks, algorithm, """{ "rate": 0.05, "steps": 2 }"""), "test");
        ITaskFamily family = TaskFamilies.Create(recipe.Tasks, "");
        using MetaTrainer trainer = new(recipe, family, threads: 2);
        using HandWrittenMaml byHand = new(recipe, family, threads: 2, secondOrder: algorithm == "maml");
        for (int i = 0; i < 4; i++)
        {
            Assert.That(byHand.Step(), Is.EqualTo(trainer.Step()).Within(0.01).Percent);
        }

        for (int p = 0; p < trainer.Learned.Count; p++)
        {
            Assert.That(byHand.Read(trainer.Learned[p].Name).Values, Is.EqualTo(trainer.Parameters[p].Values).Within(1e-4));
        }
    }

    [Test]
    public void Fault_OtherLossOfAdaptation_IsNotHandWritten()
    {
        string text = TrainedBundle.RecipeText(
            """{ "type": "linear" }""",
            TrainedBundle.Sinusoid,
            "maml",
            """{ "rate": 0.01, "loss": "huber" }"""
        );
        Assert.That(
            HandWrittenMaml.Fault(Recipe.Parse(text, "test")),
            Is.EqualTo("The hand-written training takes plain SGD steps of all parameters at one fixed rate, and no other rule.")
        );
    }

    [TestCase("fixed")]
    [TestCase("learned")]
    public void WithAlgorithm_Fomaml_ChangesNothingElse(string rates)
    {
        Recipe recipe = Recipe.Parse(
            TrainedBundle.RecipeText(
                """{ "type": "linear" }""",
                TrainedBundle.Sinusoid,
                "maml",
                $$"""{ "rate": 0.01, "rates": "{{rates}}" }"""
            ),
            "test"
        );

        string json = recipe.WithAlgorithm("fomaml").ToJson();

        Assert.That(json, Is.EqualTo(recipe.ToJson().Replace("\"maml\"", "\"fomaml\"", StringComparison.Ordinal)));
    }
}
