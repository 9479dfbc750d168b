using Kindling.Evaluate.Benchmarks;
using Kindling.Recipes;
using Kindling.Tasks;

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
