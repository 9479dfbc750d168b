using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <content>Training from scratch on the support set alone.</content>
internal sealed partial class BaselineSet
{
    /// <summary>Name of the setting that says how many steps <c>scratch</c> takes.</summary>
    internal const string ScratchSteps = "scratch steps";

    /// <summary>A fresh network by the bundle's optimiser, at the rate and for as many steps as are best on the validation tasks.</summary>
    private void AddScratch(
        AdaptableModel model,
        Dictionary<string, FloatTensor> fresh,
        Episode[] validation,
        double[] rates,
        int mostSteps
    )
    {
        LearnerStart Start(double rate) => new() { Parameters = fresh, Rate = (float)rate };
        double sign = Figures.MoreIsBetter(model.Manifest) ? -1 : 1;
        (double rate, int steps, _) = rates
            .SelectMany(rate =>
            {
                double[][] figures = [.. validation.Select(new StartBaseline("scratch", model, Start(rate), mostSteps).Measure)];
                return Enumerable.Range(0, mostSteps + 1).Select(k => (Rate: rate, Steps: k, Cost: sign * figures.Average(f => f[k])));
            })
            .Where(choice => double.IsFinite(choice.Cost))
            .MinBy(choice => choice.Cost);
        baselines.Add(new LastStep(new StartBaseline("scratch", model, Start(rate), steps)));
        settings["scratch"] = rate;
        settings[ScratchSteps] = steps;
    }

    /// <summary>The last figure of a baseline.</summary>
    private sealed class LastStep(IBaseline baseline) : IBaseline
    {
        public string Name => baseline.Name;

        public double[] Measure(Episode episode) => [baseline.Measure(episode)[^1]];
    }
}
