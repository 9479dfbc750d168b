using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate;

/// <summary>Which bundles may be evaluated on Omniglot's one-shot runs: those that have seen no character of the evaluation alphabets.</summary>
internal static class OneShotBundle
{
    /// <summary>Refuses all others.</summary>
    /// <exception cref="BundleException">It classifies no pictures, or its training has seen characters of the runs, or nobody knows.</exception>
    public static void Check(string path, BundleManifest manifest, TaskSpec tasks)
    {
        if (!manifest.IsClassification || manifest.Preprocessing.Image is null)
        {
            throw new BundleException($"{path}: the one-shot runs are for bundles that classify pictures.");
        }

        if (manifest.Output.Count < OneShotRuns.Ways)
        {
            throw new BundleException(
                $"{path}: the head has {manifest.Output.Count} slots, the one-shot runs of {OneShotRuns.Ways} ways do not fit."
            );
        }

        if (tasks.Type != "omniglot")
        {
            throw new BundleException($"{path}: the one-shot runs are for bundles trained on 'omniglot', this one was on '{tasks.Type}'.");
        }

        if (tasks.Split != TaskSpec.LakeSplit)
        {
            throw new BundleException(
                $"{path}: trained on the split '{tasks.Split ?? TaskSpec.VinyalsSplit}', which has 78 of the 200 characters of the one-shot runs among "
                    + $"those for training. The runs count as unseen with tasks.split '{TaskSpec.LakeSplit}' only."
            );
        }

        if (manifest.Provenance.StartedFrom is { } weights)
        {
            throw new BundleException(
                $"{path}: its training started from the weights {weights}, which may have seen characters of the one-shot runs. They count as unseen "
                    + "in a training from fresh weights only."
            );
        }
    }
}
