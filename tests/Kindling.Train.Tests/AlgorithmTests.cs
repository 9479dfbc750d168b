using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

/// <summary>What every meta-learner of the registry promises, on both engines.</summary>
public sealed class AlgorithmTests
{
    private const int Iterations = 12;
    private static readonly string[] Engines = ["torch", "graph"];
    private static readonly Dictionary<string, ITaskFamily> Families = AlgorithmCase
        .All.Select(c => c.Recipe(1, "torch").Tasks)
        .DistinctBy(tasks => tasks.Type)
        .ToDictionary(tasks => tasks.Type, tasks => TaskFamilies.Create(tasks, ""));

    private static IEnumerable<AlgorithmCase> Cases => AlgorithmCase.All;

    [Test]
    public void Rows_OfRegistryImplementationsAndSuite_AreTheSame()
    {
        Assert.That(MetaAlgorithms.Types, Is.EquivalentTo(AlgorithmSpec.Types));
        Assert.That(Cases.Select(c => c.Type), Is.EqualTo(AlgorithmSpec.Types));
    }

    [Test]
    public void Step_OneTwoOrThreeThreads_GivesEqualBits(
        [ValueSource(nameof(Cases))] AlgorithmCase algorithm,
        [ValueSource(nameof(Engines))] string engine
    )
    {
        float[] one = Train(algorithm, engine, threads: 1);
        Assert.That(Train(algorithm, engine, threads: 2), Is.EqualTo(one));
        Assert.That(Train(algorithm, engine, threads: 3), Is.EqualTo(one));
    }

    [Test]
    public void Restore_AfterHalfTheIterations_GivesTheBitsOfAnUninterruptedRun(
        [ValueSource(nameof(Cases))] AlgorithmCase algorithm,
        [ValueSource(nameof(Engines))] string engine
    )
    {
        using MetaTrainer first = new(algorithm.Recipe(Iterations, engine), FamilyOf(algorithm), threads: 2);
        Run(first, Iterations / 2);
        using MetaTrainer second = new(algorithm.Recipe(Iterations, engine), FamilyOf(algorithm), threads: 2);
        second.Restore(first.Snapshot(), first.Iteration, null);
        Run(second, Iterations);
        Assert.That(Flatten(second), Is.EqualTo(Train(algorithm, engine, threads: 2)));
    }

    [Test]
    public void Run_EitherEngineWithRatesThatFall_GivesTheSameGradients()
    {
        AlgorithmCase falling = new("maml") { Inner = """{ "rate": 0.02, "steps": 3, "schedule": "linear" }""" };
        Assert.That(Difference(falling.Recipe(Iterations, "torch"), Families["sinusoid"], tasks: 19), Is.LessThan(falling.Tolerance));
    }

    [Test]
    public void Run_EitherEngineThroughTheLastStepsAlone_GivesTheSameGradients([Values("maml", "metasgd", "mamlpp", "oml")] string type)
    {
        AlgorithmCase truncated = new(type)
        {
            Inner = $$"""{ "rate": 0.02, "steps": 3, "batch": {{(type == "oml" ? 1 : 0)}} }""",
            Algorithm = """, "exactSteps": 1""",
        };
        Assert.That(Difference(truncated.Recipe(Iterations, "torch"), Families["sinusoid"], tasks: 19), Is.LessThan(truncated.Tolerance));
    }

    // imaml solves with I + H / proximal: absolute errors of a network have Hessians of either sign, which a weak pull leaves nearly singular.
    [Test]
    public void Run_EitherEngineWithAnotherLossOfAdaptation_GivesTheSameGradients(
        [Values("mse", "entropy", "l1", "huber")] string loss,
        [Values("maml", "fomaml", "oml", "imaml")] string type
    )
    {
        bool classes = loss is "mse" or "entropy";
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "losses", "seed": 3, "network": { "type": "mlp", "hidden": [8, 8] },
              "tasks": {{(
                classes
                    ? """{ "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }"""
                    : """{ "type": "sinusoid", "shots": 5, "queries": 10 }"""
            )}},
              "algorithm": { "type": "{{type}}", "iterations": 1, "tasksPerBatch": 4 },
              "inner": { "rate": 0.02, "steps": 2, "loss": "{{loss}}", "batch": {{(type == "oml" ? 1 : 0)}}, "proximal": {{(
                type == "imaml" ? 20 : 0
            )}} }
            }
            """,
            "test"
        );
        Assert.That(Difference(recipe, TaskFamilies.Create(recipe.Tasks, ""), tasks: 19), Is.LessThan(type == "imaml" ? 2e-3 : 2e-5));
    }

    // The last step alone is neither all of them nor none; as many as there are, or more, are all.
    [TestCase(1, false)]
    [TestCase(2, false)]
    [TestCase(3, true)]
    [TestCase(7, true)]
    public void Step_ThroughTheLastStepsAlone_IsBetweenFirstAndSecondOrder(int exact, bool all)
    {
        AlgorithmCase Case(string type, int steps) =>
            new(type) { Inner = """{ "rate": 0.05, "steps": 3 }""", Algorithm = $", \"exactSteps\": {steps}" };
        float[] truncated = Train(Case("maml", exact), "torch", threads: 1);
        Assert.That(truncated, all ? Is.EqualTo(Train(Case("maml", 0), "torch", 1)) : Is.Not.EqualTo(Train(Case("maml", 0), "torch", 1)));
        Assert.That(truncated, Is.Not.EqualTo(Train(Case("fomaml", 0), "torch", 1)));
    }

    [TestCaseSource(nameof(Cases))]
    public void Run_EitherEngine_GivesTheSameGradients(AlgorithmCase algorithm)
    {
        Assert.That(Difference(algorithm.Recipe(Iterations, "torch"), FamilyOf(algorithm), tasks: 19), Is.LessThan(algorithm.Tolerance));
    }

    [Test]
    public void Run_EitherEngineOnImages_GivesTheSameGradients(
        [Values("maml", "fomaml")] string type,
        [Values("batch", "support", "group", "layer", "none")] string normalization
    )
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "images", "seed": 3,
              "network": { "type": "conv4", "filters": 16, "normalization": "{{normalization}}" },
              "tasks": { "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 },
              "algorithm": { "type": "{{type}}", "iterations": 1, "tasksPerBatch": 4 },
              "inner": { "rate": 0.1, "steps": 2 }
            }
            """,
            "test"
        );
        Assert.That(Difference(recipe, TaskFamilies.Create(recipe.Tasks, ""), tasks: 4), Is.LessThan(2e-4));
    }

    // The figure is that of 25 tasks an iteration on one machine; others round differently, and 300 iterations carry that on.
    [TestCaseSource(nameof(Cases))]
    public void Step_ThreeHundredTimes_ReachesItsFigure(AlgorithmCase algorithm)
    {
        Recipe recipe = algorithm.IsOfClasses
            ? algorithm.Recipe(300, "graph", hidden: 16, tasksPerBatch: 4)
            : algorithm.Recipe(300, "graph", hidden: 40, tasksPerBatch: 25);
        using MetaTrainer trainer = new(recipe, FamilyOf(algorithm), threads: 2);
        double before = trainer.Validate()[recipe.Inner.Steps];
        Run(trainer, 300);
        double after = trainer.Validate()[recipe.Inner.Steps];
        Assert.That(after, Is.EqualTo(algorithm.Figure).Within(3).Percent);
        double ratio = algorithm.IsOfClasses ? (1 - after) / (1 - before) : after / before;
        Assert.That(ratio, algorithm.Learns ? Is.LessThan(0.9) : Is.EqualTo(1));
    }

    /// <summary>The largest |a - b| / |b| of the tasks' gradients, over everything learned.</summary>
    private static double Difference(Recipe recipe, ITaskFamily family, int tasks)
    {
        NetworkGraphs network = recipe.Build(family.InputShape, family.IsClassification ? recipe.Tasks.Ways : family.OutputCount);
        Objective objective = new(network, family.IsClassification);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, new InnerLoop(objective, recipe), recipe);
        FloatTensor[] learned = [.. MetaTrainer.Initialise(algorithm.Learned, 5, recipe.Inner.Rate)];
        TaskGradients[] results =
        [
            .. Engines.Select(name =>
            {
                using IMetaEngine engine = MetaEngines.Create(name, algorithm, threads: 2);
                TaskGradients result = new(algorithm.Learned, tasks);
                engine.Run(
                    algorithm.At(0),
                    learned,
                    t =>
                        TaskInput.Of(
                            family.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(9, (ulong)t)),
                            family.IsClassification
                        ),
                    result
                );
                return result;
            }),
        ];
        double worst = 0;
        double said = 0;
        for (int t = 0; t < tasks; t++)
        {
            double difference = 0;
            double size = 0;
            for (int p = 0; p < algorithm.Learned.Count; p++)
            {
                foreach ((float a, float b) in results[1][t][p].ToArray().Zip(results[0][t][p].ToArray()))
                {
                    difference += ((double)a - b) * ((double)a - b);
                    size += (double)b * b;
                }
            }

            Assert.That(results[1].Losses[t], Is.EqualTo(results[0].Losses[t]).Within(0.01).Percent);
            worst = Math.Max(worst, difference == 0 ? 0 : Math.Sqrt(difference / size));
            said += size;
        }

        Assert.That(said, recipe.Algorithm.Type == "random" ? Is.Zero : Is.Positive, "the tasks say something");
        return worst;
    }

    private static ITaskFamily FamilyOf(AlgorithmCase algorithm) => Families[algorithm.Recipe(1, "torch").Tasks.Type];

    private static float[] Train(AlgorithmCase algorithm, string engine, int threads)
    {
        using MetaTrainer trainer = new(algorithm.Recipe(Iterations, engine), FamilyOf(algorithm), threads);
        Run(trainer, Iterations);
        return Flatten(trainer);
    }

    private static void Run(MetaTrainer trainer, int to)
    {
        while (trainer.Iteration < to)
        {
            _ = trainer.Step();
        }
    }

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];
}
