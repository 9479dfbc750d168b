using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>Heads that are made of class means.</summary>
public sealed class PrototypeTests
{
    private const int Ways = 3;

    private static readonly Recipe Recipe = Recipe.Parse(
        """
        {
          "name": "prototypes", "seed": 1,
          "network": { "type": "conv4", "filters": 8, "normalization": "layer", "head": "prototypes" },
          "tasks": { "type": "glyphs", "size": 16, "ways": 3, "shots": 2, "queries": 2, "trainClasses": 9, "validationClasses": 6, "testClasses": 6 },
          "algorithm": { "type": "protonet", "iterations": 1, "tasksPerBatch": 1 },
          "inner": { "rate": 0.1, "steps": 1, "adapts": "head" }
        }
        """,
        "test"
    );

    [Test]
    public void Output_OfTheSupportSet_IsLessTheSquaredDistanceToEachClassMean()
    {
        (NetworkGraphs network, FloatTensor[] theta, Episode episode) = Create();
        using TorchInterpreter support = new(network.Support);
        using Tensor labels = TorchTensors.From(episode.SupportY).to_type(ScalarType.Int64);
        Tensor[] results = support.Run([TorchTensors.From(episode.SupportX), labels, .. theta.Select(t => TorchTensors.From(t))]);
        (float[] output, float[] features) = (results[0].data<float>().ToArray(), results[1].data<float>().ToArray());
        int count = episode.SupportY.Count;
        int size = features.Length / count;
        double[][] means =
        [
            .. Enumerable
                .Range(0, Ways)
                .Select(c =>
                    Enumerable.Range(0, size).Select(f => Members(episode, c).Average(i => (double)features[(i * size) + f])).ToArray()
                ),
        ];
        for (int i = 0; i < count; i++)
        {
            double[] distances = [.. means.Select(mean => mean.Select((m, f) => Math.Pow(features[(i * size) + f] - m, 2)).Sum())];
            for (int c = 1; c < Ways; c++)
            {
                Assert.That(
                    output[(i * Ways) + c] - output[i * Ways],
                    Is.EqualTo(distances[0] - distances[c]).Within(1e-3 * distances.Max())
                );
            }
        }

        Assert.That(output.Distinct().Count(), Is.GreaterThan(Ways));
    }

    // The query set's labels would make prototypes of their own, and an accuracy of almost 1.
    [Test]
    public void EvaluateBoth_WithoutStatisticsOfABatch_IsTheSameInBothColumns()
    {
        (NetworkGraphs network, FloatTensor[] theta, _) = Create();
        Objective objective = new(network, classification: true);
        using TaskEvaluator evaluator = new(objective, new InnerLoop(objective, Recipe));
        ITaskFamily family = TaskFamilies.Create(Recipe.Tasks, "");
        for (ulong e = 0; e < 10; e++)
        {
            Episode episode = family.Sample(Split.Test, Recipe.Tasks.ToShape(), new SeededRandom(3, e));
            (double[] transductive, double[] inductive) = evaluator.EvaluateBoth(theta, episode, 1);
            Assert.That(transductive, Is.EqualTo(inductive));
        }
    }

    private static IEnumerable<int> Members(Episode episode, int label) =>
        Enumerable.Range(0, episode.SupportY.Count).Where(i => episode.SupportY.Values[i] == label);

    private static (NetworkGraphs Network, FloatTensor[] Theta, Episode Episode) Create()
    {
        _ = TorchNatives.Load();
        ITaskFamily family = TaskFamilies.Create(Recipe.Tasks, "");
        NetworkGraphs network = NetworkCatalogue.Build(Recipe.Network, family.InputShape, Ways);
        return (
            network,
            [.. MetaTrainer.Initialise(network, 5)],
            family.Sample(Split.Test, Recipe.Tasks.ToShape(), new SeededRandom(3, 7))
        );
    }
}
