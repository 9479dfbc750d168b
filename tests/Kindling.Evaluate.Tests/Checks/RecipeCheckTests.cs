using Kindling.Evaluate.Checks;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Evaluate.Tests.Checks;

public sealed class RecipeCheckTests
{
    private const string Mlp = """{ "type": "mlp", "hidden": [6] }""";

    private static IEnumerable<TestCaseData> Recipes =>
        [
            .. from algorithm in new[] { "maml", "fomaml", "reptile" }
            select Row(algorithm, Mlp, TrainedBundle.Sinusoid, algorithm, """{ "rate": 0.01, "steps": 3 }"""),
            Row("adam", Mlp, TrainedBundle.Sinusoid, "maml", """{ "optimizer": "adam", "rate": 0.01, "steps": 2 }"""),
            Row("falling", Mlp, TrainedBundle.Sinusoid, "maml", """{ "rate": 0.02, "steps": 3, "schedule": "cosine" }"""),
            Row("head", Mlp, TrainedBundle.Sinusoid, "maml", """{ "rate": 0.01, "adapts": "head" }"""),
            .. from mode in new[] { "batch", "support", "group" }
            select Row(
                $"conv4 {mode}",
                $$"""{ "type": "conv4", "filters": 4, "groups": 2, "normalization": "{{mode}}" }""",
                TrainedBundle.Glyphs,
                "maml",
                """{ "rate": 0.1 }"""
            ),
            Row(
                "conv4 support, first order",
                """{ "type": "conv4", "filters": 4, "normalization": "support" }""",
                TrainedBundle.Glyphs,
                "fomaml",
                """{ "rate": 0.1 }"""
            ),
            Row(
                "conv4 pool",
                """{ "type": "conv4", "filters": 4, "normalization": "batch", "downsample": "pool" }""",
                TrainedBundle.Glyphs,
                "maml",
                """{ "rate": 0.1 }"""
            ),
        ];

    [TestCaseSource(nameof(Recipes))]
    public void Run_Recipe_AgreesWithFiniteDifferences(Recipe recipe)
    {
        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));

        Assert.That(report.Passed, Is.True, Describe(report));
    }

    [TestCase("maml")]
    [TestCase("mamlpp")]
    [TestCase("metasgd")]
    public void Run_ThroughTheLastStepsAlone_AgreesWithFiniteDifferencesAtConstantEarlierGradients(string type)
    {
        AlgorithmCase truncated = new(type) { Inner = """{ "rate": 0.05, "steps": 3 }""", Algorithm = """, "exactSteps": 2""" };
        Recipe recipe = truncated.Recipe(100, "torch");
        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));
        Assert.That(report.Passed, Is.True, Describe(report));
        Assert.That(report.Outer, Is.Not.Empty);
    }

    [TestCase("maml", """{ "rate": 0.05, "steps": 3 }""")]
    [TestCase(
        "maml",
        """{ "rate": 0.01, "steps": 3, "batch": 2, "optimizer": "adam", "epsilon": 0.1, "rates": "learned", "proximal": 0.5 }"""
    )]
    [TestCase("mamlpp", """{ "rate": 0.02, "steps": 3, "optimizer": "momentum" }""")]
    [TestCase("metasgd", """{ "rate": 0.02, "steps": 3 }""")]
    [TestCase("anil", """{ "rate": 0.05, "steps": 3 }""")]
    [TestCase("boil", """{ "rate": 0.05, "steps": 3 }""")]
    public void Run_StepsThatAreComputedAgain_AgreesWithFiniteDifferences(string type, string inner)
    {
        Recipe recipe = new AlgorithmCase(type) { Inner = inner, Algorithm = ", \"recompute\": true" }.Recipe(100, "torch");
        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));
        Assert.That(report.Passed, Is.True, Describe(report));
        Assert.That(report.Outer, Is.Not.Empty);
    }

    // The gradient of what adaptation descends, and the meta-gradient of the outer loss through it.
    [TestCase("maml", "mse", true)]
    [TestCase("maml", "entropy", true)]
    [TestCase("maml", "l1", false)]
    [TestCase("maml", "huber", false)]
    [TestCase("oml", "huber", false)]
    [TestCase("lamaml", "l1", false)]
    public void Run_OtherLossOfAdaptation_AgreesWithFiniteDifferences(string type, string loss, bool classes)
    {
        AlgorithmCase algorithm = AlgorithmCase.All.Single(c => c.Type == type);
        string inner = algorithm.Inner.Replace("{", $"{{ \"loss\": \"{loss}\",", StringComparison.Ordinal);
        Recipe recipe = classes ? Parse(Mlp, TrainedBundle.Glyphs, type, inner) : (algorithm with { Inner = inner }).Recipe(100, "torch");
        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));
        Assert.That(report.Passed, Is.True, Describe(report));
        Assert.That(report.Outer, Is.Not.Empty);
        Assert.That(report.Support, Is.Not.Empty);
    }

    // What those whose direction is no gradient take instead is checked beside them, in the tests of the trainer.
    [TestCaseSource(typeof(AlgorithmCase), nameof(AlgorithmCase.All))]
    public void Run_EveryAlgorithm_AgreesWithFiniteDifferences(AlgorithmCase algorithm)
    {
        Recipe recipe = algorithm.Recipe(100, "torch");
        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));
        Assert.That(report.Passed, Is.True, Describe(report));
        Assert.That(report.Outer, algorithm.Type is "reptile" or "imaml" or "leap" or "warpgrad" or "random" ? Is.Empty : Is.Not.Empty);
    }

    [TestCase("maml")]
    [TestCase("fomaml")]
    public void Run_GradientWrongByATenthOfAPercent_FailsEveryTensor(string algorithm)
    {
        Recipe recipe = Parse(Mlp, TrainedBundle.Sinusoid, algorithm, """{ "rate": 0.01, "steps": 2 }""");

        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""), wrong: 1e-3);

        string[] names = ["hidden1.weight", "hidden1.bias", "head.weight", "head.bias"];
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Support.Select(t => t.Name), Is.EqualTo(names));
        Assert.That(report.Outer.Select(t => t.Name), Is.EqualTo(names));
        Assert.That(report.Support.Concat(report.Outer).Select(t => t.LargestError), Is.All.InRange(9e-4, 1.1e-3), Describe(report));
    }

    [Test]
    public void Run_HeadAdapts_ChecksTheSupportGradientOfTheHeadAlone()
    {
        Recipe recipe = Parse(Mlp, TrainedBundle.Sinusoid, "maml", """{ "rate": 0.01, "adapts": "head" }""");

        RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, ""));

        Assert.That(report.Support.Select(t => t.Name), Is.EqualTo(new[] { "head.weight", "head.bias" }));
        Assert.That(report.Outer, Has.Count.EqualTo(4));
    }

    private static string Describe(RecipeCheckReport report) =>
        string.Join(
            "; ",
            report
                .Support.Concat(report.Outer)
                .Select(t => $"{t.Name} {t.LargestError:0.0e+0} at {t.LargestAt} of {t.Entries}, kinks {t.Kinks.Count}")
        );

    private static Recipe Parse(string network, string tasks, string algorithm, string inner) =>
        Recipe.Parse(TrainedBundle.RecipeText(network, tasks, algorithm, inner), "test");

    private static TestCaseData Row(string name, string network, string tasks, string algorithm, string inner) =>
        new TestCaseData(Parse(network, tasks, algorithm, inner)).SetArgDisplayNames(name);
}
