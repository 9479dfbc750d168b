using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

public sealed class MetaTrainerTests
{
    private const int Iterations = 12;

    private const string LearnedRates = "maml, learned rates";
    private const string ElementRates = "maml, elementwise rates";

    private static readonly string[] Algorithms = ["maml", "fomaml", "reptile", LearnedRates];

    [TestCaseSource(nameof(Algorithms))]
    public void Step_OneOrTwoThreads_GivesEqualBits(string algorithm)
    {
        Assert.That(Train(algorithm, threads: 2), Is.EqualTo(Train(algorithm, threads: 1)));
    }

    [TestCaseSource(nameof(Algorithms))]
    public void Restore_AfterHalfTheIterations_GivesTheBitsOfAnUninterruptedRun(string algorithm)
    {
        using MetaTrainer first = Create(algorithm, 2);
        Run(first, Iterations / 2);
        using MetaTrainer second = Create(algorithm, 2);
        second.Restore(first.Snapshot(), first.Iteration, null);
        Run(second, Iterations);
        Assert.That(Flatten(second), Is.EqualTo(Train(algorithm, threads: 2)));
    }

    [Test]
    public void Restore_TensorMissing_NamesItAndItsShape()
    {
        using MetaTrainer trainer = Create("maml", 1);
        Dictionary<string, FloatTensor> state = new(trainer.Snapshot(), StringComparer.Ordinal);
        _ = state.Remove("head.bias");
        Assert.That(
            () => trainer.Restore(state, 1, null),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("The checkpoint does not fit the recipe: expected tensor 'head.bias' of shape [1], got none.")
        );
    }

    [Test]
    public void Step_LearnedRates_MovesARateForEachParameterAndStep()
    {
        using MetaTrainer trainer = Create(LearnedRates, 1);
        Run(trainer, Iterations);
        FloatTensor[] rates = [.. trainer.Parameters.Skip(trainer.Network.Parameters.Count)];
        string[] names = [.. trainer.Learned.Skip(trainer.Network.Parameters.Count).Select(r => r.Name)];
        Assert.That(names, Is.EqualTo(trainer.Network.Parameters.Select(p => p.Name + ".rate")));
        Assert.That(rates.Select(r => r.Shape), Is.All.EqualTo(new[] { 2 }));
        Assert.That(rates.SelectMany(r => r.Values).Distinct().Count(), Is.EqualTo(2 * names.Length), "every rate goes its own way");
    }

    [Test]
    public void Create_FromWeights_StartsThere()
    {
        using MetaTrainer first = Create("maml", 1);
        Run(first, 2);
        using MetaTrainer second = Create("maml", 1, first.Snapshot());
        Assert.That(second.Iteration, Is.Zero);
        Assert.That(Flatten(second), Is.EqualTo(Flatten(first)));
    }

    [Test]
    public void Create_FromWeightsWithOneRate_TakesItForEveryStep()
    {
        using MetaTrainer first = Create("maml", 1);
        Dictionary<string, FloatTensor> start = new(first.Snapshot(), StringComparer.Ordinal);
        foreach (string name in first.Network.Parameters.Select(p => p.Name))
        {
            start[name + ".rate"] = new FloatTensor([1], [0.25f]);
        }

        using MetaTrainer second = Create(LearnedRates, 1, start);
        Assert.That(second.Parameters.Skip(first.Parameters.Count).SelectMany(r => r.Values), Is.All.EqualTo(0.25f));
    }

    // They are the same in every step, and begin with the first one's.
    [Test]
    public void Create_ElementRatesFromARateForEachStep_TakesTheFirstForAll()
    {
        using MetaTrainer first = Create("maml", 1);
        Dictionary<string, FloatTensor> start = new(first.Snapshot(), StringComparer.Ordinal);
        foreach (string name in first.Network.Parameters.Select(p => p.Name))
        {
            start[name + ".rate"] = new FloatTensor([2], [0.25f, 0.5f]);
        }

        using MetaTrainer second = Create(ElementRates, 1, start);
        Assert.That(second.Parameters.Skip(first.Parameters.Count).SelectMany(r => r.Values), Is.All.EqualTo(0.25f));
    }

    // The gradient of a single task, taken from an outer SGD step, against central differences of the whole inner loop.
    [Test]
    public void Step_Maml_FollowsTheGradientThroughTheInnerLoop()
    {
        const double OuterRate = 1e-3;
        Recipe recipe = Recipe("maml", $"\"outerOptimizer\": \"sgd\", \"outerRate\": {OuterRate}", tasksPerBatch: 1);
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        using MetaTrainer trainer = new(recipe, tasks, 1);
        FloatTensor before = trainer.Parameters[^1];
        _ = trainer.Step();
        double gradient = (before.Values[0] - trainer.Parameters[^1].Values[0]) / OuterRate;

        const float Delta = 1e-2f;
        double difference = (LossWithShiftedBias(recipe, tasks, Delta) - LossWithShiftedBias(recipe, tasks, -Delta)) / (2 * Delta);
        Assert.That(gradient, Is.EqualTo(difference).Within(0.01 * Math.Max(1, Math.Abs(difference))));
    }

    // a classifier's convolutions with 4 filters, and a head for 5 classes
    [Test]
    public void Start_DetectorFromAClassifier_TakesItsBodyAndDrawsTheRest()
    {
        NetworkGraphs classifier = NetworkCatalogue.Build(new NetworkSpec { Type = "conv4", Filters = 4 }, [1, 28, 28], 5);
        Dictionary<string, FloatTensor> start = classifier
            .Parameters.Zip(MetaTrainer.Initialise(classifier, 77))
            .ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);
        Recipe recipe = Detector(filters: 4);
        using MetaTrainer fresh = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), 1);
        using MetaTrainer turned = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), 1, start);
        for (int i = 0; i < turned.Learned.Count; i++)
        {
            string name = turned.Learned[i].Name;
            FloatTensor expected = name.StartsWith("conv", StringComparison.Ordinal) ? start[name] : fresh.Parameters[i];
            Assert.That(turned.Parameters[i].Values, Is.EqualTo(expected.Values), name);
        }
    }

    [TestCase(8, "conv4", "'conv1.weight'")]
    [TestCase(
        4,
        "mlp",
        "no parameter of this network: it has conv1.weight, conv1.bias and others, they have hidden1.bias, hidden1.weight and others"
    )]
    public void Start_DetectorFromWhatDoesNotFit_IsRefused(int filters, string type, string message)
    {
        NetworkGraphs other = NetworkCatalogue.Build(new NetworkSpec { Type = type, Filters = 4 }, [1, 28, 28], 5);
        Dictionary<string, FloatTensor> start = other
            .Parameters.Where(p => type == "conv4" || !p.IsHead)
            .Zip(MetaTrainer.Initialise(other, 77))
            .ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);
        Recipe recipe = Detector(filters);
        Assert.That(
            () => new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), 1, start),
            Throws.TypeOf<BundleException>().With.Message.Contains(message)
        );
    }

    private static Recipe Detector(int filters) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "d", "seed": 3, "network": { "type": "detector", "filters": {{filters}} },
              "tasks": { "type": "scenes", "size": 32, "ways": 2, "trainClasses": 4, "validationClasses": 2, "testClasses": 2 },
              "algorithm": { "type": "fomaml", "iterations": 1, "tasksPerBatch": 1 },
              "inner": { "rate": 0.1, "steps": 1, "loss": "detection" }
            }
            """,
            "recipe.json"
        );

    private static float LossWithShiftedBias(Recipe recipe, ITaskFamily tasks, float shift)
    {
        using MetaTrainer trainer = new(recipe, tasks, 1);
        Dictionary<string, FloatTensor> state = new(trainer.Snapshot(), StringComparer.Ordinal);
        state["head.bias"] = new FloatTensor([1], [state["head.bias"].Values[0] + shift]);
        trainer.Restore(state, 0, null);
        return trainer.Step();
    }

    private static float[] Train(string algorithm, int threads)
    {
        using MetaTrainer trainer = Create(algorithm, threads);
        Run(trainer, Iterations);
        return Flatten(trainer);
    }

    private static void Run(MetaTrainer trainer, int iterations)
    {
        while (trainer.Iteration < iterations)
        {
            _ = trainer.Step();
        }
    }

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];

    private static MetaTrainer Create(string algorithm, int threads, IReadOnlyDictionary<string, FloatTensor>? start = null)
    {
        Recipe recipe = Recipe(algorithm, "\"outerRate\": 0.001", tasksPerBatch: 5);
        return new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads, start);
    }

    private static Recipe Recipe(string algorithm, string outer, int tasksPerBatch) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7,
              "network": { "type": "mlp", "hidden": [8] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": { "type": "{{algorithm.Split(',')[
                0
            ]}}", "iterations": {{Iterations}}, "tasksPerBatch": {{tasksPerBatch}}, {{outer}} },
              "inner": { "rate": 0.01, "rates": "{{(algorithm == LearnedRates ? "learned" : algorithm == ElementRates ? "elementwise" : "fixed")}}", "steps": 2 }
            }
            """,
            "test"
        );
}
