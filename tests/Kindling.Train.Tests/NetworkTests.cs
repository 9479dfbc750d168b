using Kindling.Recipes;
using Kindling.Train.Meta;

namespace Kindling.Train.Tests;

/// <summary>Every network of the catalogue trains, with both engines alike.</summary>
public sealed class NetworkTests
{
    private const int Iterations = 3;

    [TestCaseSource(typeof(NetworkCase), nameof(NetworkCase.All))]
    public void Step_GraphEngine_TrainsAsTheTorchEngineDoes(NetworkCase network)
    {
        (double[] torch, float[] learned, float[] start) = Train(network, "torch");
        (double[] graph, float[] same, _) = Train(network, "graph");
        Assert.That(graph, Is.EqualTo(torch).Within(0.1).Percent);
        double way = Distance(learned, start);
        Assert.That(way, Is.GreaterThan(1e-3), "it learns");
        Assert.That(Distance(same, learned), Is.LessThan(0.01 * way));
    }

    private static (double[] Losses, float[] Parameters, float[] Start) Train(NetworkCase network, string engine)
    {
        Recipe recipe = network.Recipe(Iterations, engine);
        using MetaTrainer trainer = new(recipe, network.Tasks(), threads: 2);
        float[] start = Flatten(trainer);
        double[] losses = [.. Enumerable.Range(0, Iterations).Select(_ => trainer.Step())];
        return (losses, Flatten(trainer), start);
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];
}
