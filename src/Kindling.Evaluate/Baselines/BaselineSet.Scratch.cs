using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <content>Training that takes as many steps as it wants: from scratch on the support set alone, or from jointly trained weights.</content>
internal sealed partial class BaselineSet
{
    /// <summary>What stands behind a baseline's name in that of the setting which says how many steps it takes.</summary>
    internal const string Steps = " steps";

    /// <summary>A fresh network, see <see cref="AddLong"/>.</summary>
    private void AddScratch(
        AdaptableModel model,
        Dictionary<string, FloatTensor> fresh,
        Episode[] validation,
        double[] rates,
        int mostSteps
    ) => AddLong("scratch", model, fresh, validation, rates, mostSteps);

    /// <summary>A start that the bundle's optimiser goes on from, at the rate and for as many steps as are best on the validation tasks.</summary>
    private void AddLong(
        string name,
        AdaptableModel model,
        Dictionary<string, FloatTensor> parameters,
        Episode[] validation,
        double[] rates,
        int mostSteps
    )
    {
        LearnerStart Start(double rate) => new() { Parameters = parameters, Rate = (float)rate };
        double sign = Figures.MoreIsBetter(model.Manifest) ? -1 : 1;
        (double rate, int steps, _) = rates
            .SelectMany(rate =>
            {
                double[][] figures = [.. validation.Select(new StartBaseline(name, model, Start(rate), mostSteps).Measure)];
                return Enumerable.Range(0, mostSteps + 1).Select(k => (Rate: rate, Steps: k, Cost: sign * figures.Average(f => f[k])));
            })
            .Where(choice => double.IsFinite(choice.Cost))
            .MinBy(choice => choice.Cost);
        baselines.Add(new StartBaseline(name, model, Start(rate), steps, onlyLast: true));
        settings[name] = rate;
        settings[name + Steps] = steps;
    }
}
