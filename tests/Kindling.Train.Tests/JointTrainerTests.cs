using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

public sealed class JointTrainerTests
{
    private const int Iterations = 8;
    private const string Sinusoid = """{ "type": "sinusoid", "shots": 5, "queries": 5 }""";
    private const string Mlp = """{ "type": "mlp", "hidden": [8] }""";

    private const string Glyphs = """
        { "type": "glyphs", "size": 16, "ways": 3, "shots": 1, "queries": 2, "trainClasses": 6, "validationClasses": 3, "testClasses": 3 }
        """;

    private static readonly TestCaseData<string, string>[] Problems =
    [
        new(Mlp, Sinusoid) { TestName = "regression" },
        new(Conv("layer"), Glyphs) { TestName = "classification, layer" },
        new(Conv("batch"), Glyphs) { TestName = "classification, batch" },
        new(Conv("support"), Glyphs) { TestName = "classification, support" },
    ];

    [TestCaseSource(nameof(Problems))]
    public void Step_OneOrTwoThreads_GivesEqualBits(string network, string tasks)
    {
        Assert.That(Train(network, tasks, threads: 2), Is.EqualTo(Train(network, tasks, threads: 1)));
    }

    [TestCaseSource(nameof(Problems))]
    public void Restore_AfterHalfTheIterations_GivesTheBitsOfAnUninterruptedRun(string network, string tasks)
    {
        using JointTrainer first = Create(network, tasks, 2);
        _ = Run(first, Iterations / 2);
        using JointTrainer second = Create(network, tasks, 2);
        second.Restore(first.Snapshot(), first.Iteration);
        _ = Run(second, Iterations);
        Assert.That(Flatten(second), Is.EqualTo(Train(network, tasks, threads: 2)));
    }

    // The pool of y = a x, a uniform in [1, 4] without 0.05 around 2 and 3, has the best line y = 2.5 x, and there
    // the loss Var(a) E[x^2] = 0.7857 (9 + 25 / 12) = 8.71.
    [Test]
    public void Step_LinesOfAllSlopes_FindsTheMeanLine()
    {
        const int Long = 500;
        using JointTrainer trainer = Create(
            """{ "type": "linear" }""",
            """{ "type": "linear", "shots": 10, "queries": 10 }""",
            2,
            Long,
            "\"outerRate\": 0.3, \"schedule\": \"cosine\""
        );
        double[] losses = Run(trainer, Long);
        Assert.That(trainer.Baseline["head.weight"].Values[0], Is.EqualTo(2.5).Within(0.05));
        Assert.That(trainer.Baseline["head.bias"].Values[0], Is.Zero.Within(0.2));
        Assert.That(losses[^100..].Average(), Is.EqualTo(8.71).Within(0.3));
    }

    [Test]
    public void Step_SixCharacters_TellsThemApart()
    {
        const int Long = 60;
        using JointTrainer trainer = Create(Conv("batch"), Glyphs, 2, Long, "\"outerRate\": 0.01");
        double[] losses = Run(trainer, Long);
        Assert.That(losses[0], Is.EqualTo(Math.Log(6)).Within(0.5));
        Assert.That(losses[^10..].Average(), Is.LessThan(0.2));
    }

    [Test]
    public void Network_Classification_HasAnOutputForEachTrainingClass()
    {
        using JointTrainer trainer = Create(Conv("layer"), Glyphs, 1);
        Assert.That(trainer.Network.Infer.Output("output").Shape[1].Size, Is.EqualTo(6));
    }

    [Test]
    public void Baseline_Classification_IsTheBodyAlone()
    {
        using JointTrainer trainer = Create("""{ "type": "mlp", "hidden": [8] }""", Glyphs, 1);
        Assert.That(trainer.Baseline.Keys, Is.EqualTo(new[] { "hidden1.weight", "hidden1.bias" }));
    }

    [Test]
    public void Baseline_Regression_HasTheHead()
    {
        using JointTrainer trainer = Create(Mlp, Sinusoid, 1);
        Assert.That(trainer.Baseline.Keys, Is.EqualTo(new[] { "hidden1.weight", "hidden1.bias", "head.weight", "head.bias" }));
    }

    // 2 support points seen in each of 3 inner steps, and 5 query points, for each of 4 tasks.
    [Test]
    public void Step_SeveralInnerSteps_DrawsWhatTheGradientsOfAnEpisodeSee()
    {
        CountingFamily family = new();
        Recipe recipe = Recipe(
            """{ "type": "linear" }""",
            """{ "type": "linear", "shots": 2, "queries": 5 }""",
            1,
            "\"tasksPerBatch\": 4",
            innerSteps: 3
        );
        using JointTrainer trainer = new(recipe, family, 1);
        _ = trainer.Step();
        Assert.That(family.Draws, Is.EqualTo(4 * ((2 * 3) + 5)));
    }

    private static string Conv(string normalization) => $$"""{ "type": "conv4", "filters": 8, "normalization": "{{normalization}}" }""";

    private static float[] Train(string network, string tasks, int threads)
    {
        using JointTrainer trainer = Create(network, tasks, threads);
        _ = Run(trainer, Iterations);
        return Flatten(trainer);
    }

    private static double[] Run(JointTrainer trainer, int iterations)
    {
        List<double> losses = [];
        while (trainer.Iteration < iterations)
        {
            losses.Add(trainer.Step());
        }

        return [.. losses];
    }

    private static float[] Flatten(JointTrainer trainer) => [.. trainer.Baseline.Values.SelectMany(p => p.Values)];

    private static JointTrainer Create(
        string network,
        string tasks,
        int threads,
        int iterations = Iterations,
        string outer = "\"outerRate\": 0.001"
    )
    {
        Recipe recipe = Recipe(network, tasks, iterations, $"\"tasksPerBatch\": 5, {outer}", innerSteps: 1);
        return new JointTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads);
    }

    private static Recipe Recipe(string network, string tasks, int iterations, string algorithm, int innerSteps) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7, "network": {{network}}, "tasks": {{tasks}},
              "algorithm": { "type": "maml", "iterations": {{iterations}}, {{algorithm}} },
              "inner": { "rate": 0.01, "steps": {{innerSteps}} }
            }
            """,
            "test"
        );

    /// <summary>Lines whose pooled points are counted.</summary>
    private sealed class CountingFamily : ITaskFamily
    {
        private readonly ITaskFamily lines = TaskFamilies.Create(new TaskSpec { Type = "linear" }, "");
        private int draws;

        public int Draws => draws;

        public string Name => lines.Name;

        public bool IsClassification => false;

        public IReadOnlyList<int> InputShape => lines.InputShape;

        public int OutputCount => lines.OutputCount;

        public string DataHash => lines.DataHash;

        public IReadOnlyList<string> Licences => lines.Licences;

        public Preprocessing Preprocessing => lines.Preprocessing;

        public Episode Sample(Split split, EpisodeShape shape, SeededRandom random) => throw new NotSupportedException();

        public JointData Joint(Split split) => new Counted(this, lines.Joint(split));

        private sealed class Counted(CountingFamily family, JointData points) : JointData
        {
            public override int ClassCount => points.ClassCount;

            public override int ItemCount => points.ItemCount;

            public override void Fill(int index, Span<float> x) => points.Fill(index, x);

            public override int Label(int index) => points.Label(index);

            public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
            {
                family.draws++;
                points.Sample(random, x, y);
            }
        }
    }
}
