using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using Kindling.Train.Tapes;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Train.Tests;

/// <summary>Inner steps that are computed again on the way back: the same meta-gradient, in less memory.</summary>
public sealed class RecomputationTests
{
    private const double Tolerance = 2e-5;

    private static readonly TestCaseData[] Rows =
    [
        Row("maml", "sgd", """{ "rate": 0.02, "steps": 4 }"""),
        Row("maml", "one step", """{ "rate": 0.02, "steps": 1 }"""),
        Row("maml", "momentum", """{ "rate": 0.01, "steps": 4, "optimizer": "momentum" }"""),
        Row("maml", "adam", """{ "rate": 0.01, "steps": 4, "optimizer": "adam", "epsilon": 0.1 }"""),
        Row("maml", "adamw", """{ "rate": 0.01, "steps": 3, "optimizer": "adamw", "epsilon": 0.1, "weightDecay": 0.1 }"""),
        Row("maml", "learned rates", """{ "rate": 0.02, "rates": "learned", "steps": 4 }"""),
        Row("maml", "rates that fall", """{ "rate": 0.02, "schedule": "cosine", "steps": 4 }"""),
        Row("maml", "proximal", """{ "rate": 0.02, "steps": 4, "proximal": 0.7 }"""),
        Row(
            "maml",
            "all at once",
            """{ "rate": 0.01, "rates": "learned", "steps": 3, "batch": 2, "proximal": 0.7, "optimizer": "adam", "epsilon": 0.1, "clipNorm": 1 }"""
        ),
        Row("maml", "parts", """{ "rate": 0.01, "steps": 2, "batch": 2 }"""),
        Row("maml", "another loss", """{ "rate": 0.02, "steps": 3, "loss": "huber" }"""),
        Row("metasgd", "adam", """{ "rate": 0.01, "steps": 3, "optimizer": "adam", "epsilon": 0.1 }"""),
        Row("mamlpp", "parts", """{ "rate": 0.01, "steps": 3, "batch": 2 }"""),
        Row("mamlpp", "momentum", """{ "rate": 0.01, "steps": 3, "optimizer": "momentum" }"""),
    ];

    // Those of the contract suite that go through their inner steps, by their own rows.
    private static IEnumerable<TestCaseData> All =>
        Rows.Concat(
            AlgorithmCase
                .All.Where(c => AlgorithmRows.Of(c.Type).GoesThroughSteps)
                .Select(c => new TestCaseData(c).SetArgDisplayNames(c.Type))
        );

    [TestCaseSource(nameof(All))]
    public void Run_OnLibtorch_GivesTheGradientOfStepsThatAreKept(AlgorithmCase algorithm) =>
        Assert.That(
            Apart(algorithm, (program, learned, draw) => Run("torch", program, learned, draw, tasks: 2)),
            Is.LessThan(Allowed(algorithm))
        );

    // 19 tasks of dense networks are computed ten at a time.
    [TestCaseSource(nameof(All))]
    public void Run_AsAGraph_GivesTheGradientOfStepsThatAreKept(AlgorithmCase algorithm) =>
        Assert.That(
            Apart(algorithm, (program, learned, draw) => Run("graph", program, learned, draw, tasks: 1)),
            Is.LessThan(Allowed(algorithm))
        );

    [TestCaseSource(nameof(All))]
    public void Run_AsAGraphOfManyTasks_GivesTheGradientOfStepsThatAreKept(AlgorithmCase algorithm) =>
        Assert.That(
            Apart(algorithm, (program, learned, draw) => Run("graph", program, learned, draw, tasks: 19)),
            Is.LessThan(Allowed(algorithm))
        );

    [TestCaseSource(nameof(All))]
    public void Run_AllTasksOnADevice_GivesTheGradientOfStepsThatAreKept(AlgorithmCase algorithm) =>
        Assert.That(Apart(algorithm, OnDevice), Is.LessThan(Allowed(algorithm)));

    [Test]
    public void Run_OnImages_GivesTheGradientOfStepsThatAreKept(
        [Values("torch", "graph")] string engine,
        [Values("batch", "support", "layer")] string normalization
    )
    {
        double apart = Apart(
            again => Images("maml", normalization, filters: 8, steps: 3, again),
            (program, learned, draw) => Run(engine, program, learned, draw, tasks: 2)
        );
        Assert.That(apart, Is.LessThan(2e-4));
    }

    // The graph as it is after all passes. Each further step adds what the next one starts from, not what it computes.
    [Test]
    public void Of_TenSteps_IsLittleMoreThanOfOne()
    {
        long one = Peak(Images("maml", "batch", 8, steps: 1, again: true));
        long ten = Peak(Images("maml", "batch", 8, steps: 10, again: true));
        Assert.That(ten, Is.LessThan(1.25 * one));
        Assert.That(Peak(Images("maml", "batch", 8, steps: 10, again: false)), Is.GreaterThan(4 * ten));
    }

    // What keeps the second computation apart from the first: without it passes make one of the two, and all is kept as before.
    [Test]
    public void Of_TenStepsThatNothingKeepsApart_IsThatOfStepsThatAreKept()
    {
        Recipe again = Images("maml", "batch", 8, steps: 10, again: true);
        (MetaAlgorithm program, _, Func<int, TaskInput[]> draw) = Program(again);
        long merged = GraphMemory.Of(ProgramGraph.One(new Unordered(program), Phase.Only, draw(0)))!.Value.Bytes;
        Assert.That(merged, Is.GreaterThan(4 * Peak(again)));
    }

    private static long Peak(Recipe recipe)
    {
        (MetaAlgorithm program, _, Func<int, TaskInput[]> draw) = Program(recipe);
        return GraphMemory.Of(ProgramGraph.One(program, Phase.Only, draw(0)))!.Value.Bytes;
    }

    private static double Apart(
        AlgorithmCase algorithm,
        Func<MetaAlgorithm, FloatTensor[], Func<int, TaskInput[]>, (float[] Gradient, float Loss)> run
    ) => Apart(again => algorithm.Recipe(12, "torch") is var r ? r with { Algorithm = r.Algorithm with { Recompute = again } } : r, run);

    private static double Apart(
        Func<bool, Recipe> recipe,
        Func<MetaAlgorithm, FloatTensor[], Func<int, TaskInput[]>, (float[] Gradient, float Loss)> run
    )
    {
        (float[] Gradient, float Loss)[] results =
        [
            .. new[] { false, true }.Select(again =>
            {
                (MetaAlgorithm program, FloatTensor[] learned, Func<int, TaskInput[]> draw) = Program(recipe(again));
                return run(program, learned, draw);
            }),
        ];
        Assert.That(results[1].Loss, Is.EqualTo(results[0].Loss).Within(0.001).Percent);
        double size = Math.Sqrt(results[0].Gradient.Sum(g => (double)g * g));
        Assert.That(size, Is.Positive);
        return Math.Sqrt(results[0].Gradient.Zip(results[1].Gradient, (a, b) => ((double)a - b) * ((double)a - b)).Sum()) / size;
    }

    private static double Allowed(AlgorithmCase algorithm) => Math.Max(Tolerance, algorithm.Tolerance);

    private static (float[] Gradient, float Loss) Run(
        string engine,
        MetaAlgorithm program,
        FloatTensor[] learned,
        Func<int, TaskInput[]> draw,
        int tasks
    )
    {
        using IMetaEngine runs = MetaEngines.Create(engine, program, threads: 1);
        TaskGradients results = new(program.Learned, tasks);
        runs.Run(program.At(0), learned, draw, results);
        return (
            [.. Enumerable.Range(0, tasks).SelectMany(t => Enumerable.Range(0, learned.Length).SelectMany(p => results[t][p].ToArray()))],
            results.Losses.Average()
        );
    }

    private static (float[] Gradient, float Loss) OnDevice(MetaAlgorithm program, FloatTensor[] learned, Func<int, TaskInput[]> draw)
    {
        using IDisposable scope = TorchWork.Enter();
        using IDisposable off = no_grad();
        Phase phase = program.At(0);
        using StackedPrograms forms = new(program, phase, draw(0), 3, TrainingDevice.Processor());
        Tensor[] weights = phase.Weights.Length == 0 ? [] : [tensor(phase.Weights)];
        Tensor[] shared = [.. learned.Select(t => Torch.TorchTensors.From(t))];
        (Tensor gradient, Tensor loss) = forms.Run(0, [.. shared, .. weights, .. forms.Load([draw(0), draw(1), draw(2)])]);
        return (gradient.data<float>().ToArray(), loss.item<float>());
    }

    private static (MetaAlgorithm Program, FloatTensor[] Learned, Func<int, TaskInput[]> Draw) Program(Recipe recipe)
    {
        ITaskFamily family = TaskFamilies.Create(recipe.Tasks, "");
        NetworkGraphs network = recipe.Build(family.InputShape, family.IsClassification ? recipe.Tasks.Ways : family.OutputCount);
        Objective objective = new(network, family.IsClassification);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, new InnerLoop(objective, recipe), recipe);
        return (
            algorithm,
            [.. MetaTrainer.Initialise(algorithm.Learned, 5, recipe.Inner.Rate)],
            t => TaskInput.Of(family.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(9, (ulong)t)), family.IsClassification)
        );
    }

    private static Recipe Images(string type, string normalization, int filters, int steps, bool again) =>
        Recipe.Parse(
            $$"""
            {
              "name": "images", "seed": 3,
              "network": { "type": "conv4", "filters": {{filters}}, "normalization": "{{normalization}}" },
              "tasks": { "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 },
              "algorithm": { "type": "{{type}}", "iterations": 1, "tasksPerBatch": 4, "recompute": {{(again ? "true" : "false")}} },
              "inner": { "rate": 0.05, "steps": {{steps}} }
            }
            """,
            "test"
        );

    private static TestCaseData Row(string type, string name, string inner) =>
        new TestCaseData(new AlgorithmCase(type) { Inner = inner }).SetArgDisplayNames($"{type}, {name}");

    /// <summary>A program on a tape that says nothing of what has to come first.</summary>
    private sealed class Unordered(IMetaProgram program) : IMetaProgram
    {
        public IReadOnlyList<ParameterSpec> Learned => program.Learned;

        public Phase At(int iteration) => program.At(iteration);

        public (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, IReadOnlyList<T> data, T? weights) =>
            program.Trace(new Tape<T>(tape), phase, learned, data, weights);

        private sealed class Tape<T>(ITape<T> tape) : ITape<T>
        {
            public T[] Run(Graph graph, params IReadOnlyList<T> inputs) => tape.Run(graph, inputs);

            public int Rows(T value) => tape.Rows(value);

            public T[] Gradients(T loss, IReadOnlyList<T> of, bool differentiable) => tape.Gradients(loss, of, differentiable);

            public T Detach(T value) => tape.Detach(value);

            public T[] After(IReadOnlyList<T> values, IReadOnlyList<T> done) => [.. values.Select(tape.Detach)];

            public T[] Scoped(Func<T[]> work) => tape.Scoped(work);
        }
    }
}
