using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Engines;

/// <summary>The trainer's inner loop in libtorch on the bundle's weights, for comparison with the runtime.</summary>
/// <remarks>
/// Unused head slots have no probability and no gradient in the runtime; here the head is cut to the slots in use, which gives the same numbers.
/// </remarks>
internal sealed class TrainerEngine : IEvaluationEngine
{
    private readonly TaskEvaluator evaluator;
    private readonly FloatTensor[] parameters;
    private readonly int steps;

    /// <summary>Prepares the engine.</summary>
    /// <param name="manifest">The bundle's manifest.</param>
    /// <param name="theta">Its weights and rates.</param>
    /// <param name="plan">The episodes to come.</param>
    public TrainerEngine(BundleManifest manifest, SafetensorsFile theta, EpisodePlan plan)
    {
        int outputs = manifest.IsClassification ? plan.Shape.Ways : manifest.Output.Count;
        int[] input = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
        NetworkGraphs network = plan.Recipe.Build(input, outputs);
        parameters =
        [
            .. network.Parameters.Select(p => Cut(theta.Tensors[p.Name], p.Shape)),
            .. network.Parameters.Where(p => plan.Recipe.Inner.Adapts(p)).Select(p => Rate(theta.Tensors[GraphSignature.Rate(p.Name)], p)),
        ];
        steps = plan.Steps;
        Objective objective = new(network, manifest.IsClassification, plan.Recipe.Inner.Loss);
        evaluator = new TaskEvaluator(objective, new InnerLoop(objective, plan.Recipe));
    }

    public (double[] Transductive, double[] Inductive) Measure(Episode episode) => evaluator.EvaluateBoth(parameters, episode, steps);

    public void Adapt(Episode episode) => evaluator.Adapt(parameters, episode, steps);

    public void Dispose() => evaluator.Dispose();

    // By step alone, or by step and element.
    private static FloatTensor Rate(FloatTensor rate, ParameterSpec parameter) =>
        rate.Shape.Count == 1 ? rate : Cut(rate, [rate.Shape[0], .. parameter.Shape]);

    /// <summary>The first elements along the last axis, as many as the shape asks for.</summary>
    private static FloatTensor Cut(FloatTensor tensor, IReadOnlyList<int> shape)
    {
        int from = tensor.Shape[^1];
        int to = shape[^1];
        return from == to ? tensor : new FloatTensor([.. shape], [.. tensor.Values.Chunk(from).SelectMany(row => row[..to])]);
    }
}
