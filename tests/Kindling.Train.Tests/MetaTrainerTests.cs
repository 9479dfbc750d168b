using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

public sealed class MetaTrainerTests
{
    private const int Iterations = 12;

    private static readonly string[] Algorithms = ["maml", "fomaml", "reptile"];

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

    private static MetaTrainer Create(string algorithm, int threads)
    {
        Recipe recipe = Recipe(algorithm, "\"outerRate\": 0.001", tasksPerBatch: 5);
        return new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads);
    }

    private static Recipe Recipe(string algorithm, string outer, int tasksPerBatch) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7,
              "network": { "type": "mlp", "hidden": [8] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": { "type": "{{algorithm}}", "iterations": {{Iterations}}, "tasksPerBatch": {{tasksPerBatch}}, {{outer}} },
              "inner": { "rate": 0.01, "steps": 2 }
            }
            """,
            "test"
        );
}
