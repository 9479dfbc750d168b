using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Ranks;
using Kindling.Train.Session;

namespace Kindling.Train.Meta;

/// <summary>Where an outer loop runs.</summary>
internal static class OuterLoops
{
    /// <summary>A loop at iteration 0.</summary>
    /// <param name="recipe">Optimiser, schedule and tasks a batch; and what the tasks are.</param>
    /// <param name="program">What a task contributes.</param>
    /// <param name="threads">Threads that compute on the processor, or that prepare the data of a device.</param>
    /// <param name="ranks">The processes that compute an iteration's tasks together.</param>
    /// <param name="device">A device; without one, the recipe's engine computes on the processor.</param>
    /// <param name="start">The learned tensors to start from.</param>
    /// <exception cref="BundleException">A device does not run the recipe's engine, or is asked for by several processes.</exception>
    public static IOuterLoop Create(
        Recipe recipe,
        IMetaProgram program,
        int threads,
        IRanks ranks,
        TrainingDevice? device,
        IReadOnlyList<FloatTensor> start
    )
    {
        Check(recipe, ranks, device);
        AlgorithmSpec algorithm = recipe.Algorithm;
        return device is null
            ? new OuterLoop(algorithm, program, MetaEngines.Create(algorithm.Engine, program, threads), start, ranks, threads)
            : new DeviceLoop(algorithm, program, device, threads, start);
    }

    /// <summary>Whether a device can run a recipe.</summary>
    /// <exception cref="BundleException">
    /// It does not run the recipe's engine, is asked for by several processes, or the tasks are worlds to act in: what a policy lives through in an
    /// iteration depends on the one before, and a device draws it ahead.
    /// </exception>
    public static void Check(Recipe recipe, IRanks ranks, TrainingDevice? device)
    {
        AlgorithmSpec algorithm = recipe.Algorithm;
        if (device is not null && recipe.Tasks.IsControl)
        {
            throw new BundleException($"tasks.type: '{recipe.Tasks.Type}' is a world to act in; policies train on the processor.");
        }

        if (device is not null && ranks.Count > 1)
        {
            throw new BundleException($"A device is used by one process; {ranks.Count} train together here.");
        }

        if (device is not null && algorithm.Engine != "torch")
        {
            throw new BundleException($"algorithm.engine: '{algorithm.Engine}' computes on the processor; a device is used by 'torch'.");
        }

        if (device is not null && algorithm.Passes > 1)
        {
            throw new BundleException(
                $"algorithm.passes: a device takes one step on the same episodes, expected 1, got {algorithm.Passes}."
            );
        }
    }
}
