using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <content>What language models are compared with.</content>
internal sealed partial class BaselineSet
{
    /// <summary>Languages on which settings are chosen.</summary>
    private const int ValidationLanguages = 4;

    /// <summary>Most steps that training from scratch may take; that of a bundle with 10 steps.</summary>
    private const int MostScratchSteps = 20;

    /// <summary>Inner rates that <c>scratch</c> and <c>joint</c> may take: their optimiser is the bundle's, which for a language model is Adam.</summary>
    private static readonly double[] LanguageRates = [0.001, 0.003, 0.01];

    private void AddLanguages(AdaptableModel model, SafetensorsFile? joint, EpisodePlan plan, Dictionary<string, FloatTensor> fresh)
    {
        Episode[] validation;
        try
        {
            validation = [.. Enumerable.Range(0, ValidationLanguages).Select(plan.Validation)];
        }
        catch (BundleException e)
        {
            absent["scratch"] = absent["joint"] =
                $"their settings are chosen on the recipe's validation languages, which cannot be read. {e.Message}";
            baselines.AddRange(Compressor.All);
            return;
        }

        AddScratch(model, fresh, validation, LanguageRates, MostScratchSteps);
        if (joint is null)
        {
            absent["joint"] = "the bundle has no baselines.safetensors: it was exported from a checkpoint without a joint baseline";
        }
        else
        {
            HashSet<string> names = [.. model.Manifest.Parameters.Select(parameter => parameter.Name)];
            Dictionary<string, FloatTensor> start = joint
                .Tensors.Where(tensor => names.Contains(tensor.Key))
                .ToDictionary(StringComparer.Ordinal);
            Choose(
                LanguageRates,
                rate => new StartBaseline("joint", model, new LearnerStart { Parameters = start, Rate = (float)rate }),
                model.Manifest,
                validation
            );
        }

        baselines.AddRange(Compressor.All);
    }
}
