using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <content>What detectors are compared with.</content>
internal sealed partial class BaselineSet
{
    /// <summary>Tasks on which settings are chosen.</summary>
    private const int ValidationScenes = 4;

    /// <summary>Most steps that a detector from scratch may take.</summary>
    private const int MostDetectorSteps = 60;

    /// <summary>Inner rates that <c>scratch</c> and <c>joint</c> may take, from those that suit Adam to those that suit plain descent.</summary>
    private static readonly double[] DetectorRates = [0.003, 0.01, 0.03, 0.1];

    private void AddObjects(AdaptableModel model, SafetensorsFile? joint, EpisodePlan plan, Dictionary<string, FloatTensor> fresh)
    {
        Episode[] validation;
        try
        {
            validation = [.. Enumerable.Range(0, ValidationScenes).Select(plan.Validation)];
        }
        catch (BundleException e)
        {
            absent["scratch"] = absent["joint"] =
                $"their settings are chosen on the recipe's validation tasks, which cannot be drawn. {e.Message}";
            return;
        }

        AddScratch(model, fresh, validation, DetectorRates, MostDetectorSteps);
        if (joint is null)
        {
            absent["joint"] = "the bundle has no baselines.safetensors: it was exported from a checkpoint without a joint baseline";
            return;
        }

        // the head for classes stays fresh
        Dictionary<string, FloatTensor> start = new(fresh, StringComparer.Ordinal);
        foreach ((string name, FloatTensor tensor) in joint.Tensors)
        {
            start[name] = tensor;
        }

        AddLong("joint, long", model, start, validation, DetectorRates, MostDetectorSteps);
        Choose(
            DetectorRates,
            rate => new StartBaseline("joint", model, new LearnerStart { Parameters = start, Rate = (float)rate }),
            model.Manifest,
            validation
        );
    }
}
