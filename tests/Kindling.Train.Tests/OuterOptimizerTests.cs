using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

public sealed class OuterOptimizerTests
{
    // La-MAML: the rates move first and stop at 0, then the parameter moves at the new rates; what has none moves at the outer rate.
    [Test]
    public void Step_AtRates_MovesTheRatesFirst()
    {
        AlgorithmSpec spec = new()
        {
            Type = "lamaml",
            Iterations = 10,
            TasksPerBatch = 1,
            OuterOptimizer = "rates",
            OuterRate = 0.5,
        };
        ParameterSpec[] learned =
        [
            new("w", [2], InitialDistribution.Zeros, 1, false),
            new("frozen", [1], InitialDistribution.Zeros, 1, false),
            new("w.rate", [1, 2], InitialDistribution.Rate, 1, false),
        ];
        float[][] parameters =
        [
            [1, 2],
            [3],
            [0.1f, 0.2f],
        ];
        Memory<float>[] gradient = [new float[] { 4, 5 }, new float[] { 6 }, new float[] { -0.2f, 0.8f }];

        new OuterOptimizer(spec, learned).Step(parameters, gradient, iteration: 3, step: 3);

        // rates 0.1 + 0.5 x 0.2 = 0.2 and 0.2 - 0.5 x 0.8 < 0
        Assert.That(parameters[2], Is.EqualTo(new[] { 0.2f, 0f }).Within(1e-6));
        Assert.That(parameters[0], Is.EqualTo(new[] { 1 - (0.2f * 4), 2 }).Within(1e-6));
        Assert.That(parameters[1], Is.EqualTo(new[] { 3 - (0.5f * 6) }).Within(1e-6));
    }
}
