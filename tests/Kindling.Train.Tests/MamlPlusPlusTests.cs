using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

/// <summary>What MAML++ asks of an iteration.</summary>
public sealed class MamlPlusPlusTests
{
    // 3 steps, 10 iterations: all steps count for 5 of them, 2 are of first order
    [TestCase(0, 1, new[] { 1 / 3f, 1 / 3f, 1 / 3f })]
    [TestCase(1, 1, new[] { 0.8f / 3, 0.8f / 3, 1 - (1.6f / 3) })]
    [TestCase(2, 0, new[] { 0.6f / 3, 0.6f / 3, 1 - (1.2f / 3) })]
    [TestCase(4, 0, new[] { 0.2f / 3, 0.2f / 3, 1 - (0.4f / 3) })]
    [TestCase(5, 0, new float[0])]
    [TestCase(9, 0, new float[0])]
    public void At_Iteration_WeighsTheSteps(int iteration, int variant, float[] weights)
    {
        Phase phase = Create(iterations: 10).At(iteration);
        Assert.That(phase.Variant, Is.EqualTo(variant));
        Assert.That(phase.Weights, Is.EqualTo(weights).Within(1e-6));
    }

    [Test]
    public void At_EarlyStepsOfALongTraining_KeepAShare()
    {
        Assert.That(Create(iterations: 1000).At(499).Weights, Is.EqualTo(new[] { 0.01f, 0.01f, 0.98f }).Within(1e-6));
    }

    private static MetaAlgorithm Create(int iterations)
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "steps", "seed": 1, "network": { "type": "mlp", "hidden": [4] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": { "type": "mamlpp", "iterations": {{iterations}}, "tasksPerBatch": 1, "multiStep": 0.5, "firstOrder": 0.2 },
              "inner": { "rate": 0.01, "steps": 3 }
            }
            """,
            "test"
        );
        Objective objective = new(NetworkCatalogue.Build(recipe.Network, [1], 1), classification: false);
        return MetaAlgorithms.Create(objective, new InnerLoop(objective, recipe), recipe);
    }
}
