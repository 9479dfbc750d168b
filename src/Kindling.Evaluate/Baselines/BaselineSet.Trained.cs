using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <content>
/// What language models and detectors are compared with: training from scratch on the support set alone, and jointly trained weights, with the bundle's steps or with as
/// many as they want.
/// </content>
internal sealed partial class BaselineSet
{
    /// <summary>What stands behind a baseline's name in that of the setting which says how many steps it takes.</summary>
    internal const string Steps = " steps";

    private const string Scratch = "scratch";
    private const string Long = "joint, long";

    /// <summary>Validation tasks on which rates and numbers of steps are chosen.</summary>
    private const int TrainedOn = 16;

    /// <summary>Inner rates of languages, whose optimiser is the bundle's, which for a language model is Adam; 20 steps are twice those of a bundle with 10.</summary>
    private static readonly Grid Languages = new([0.001, 0.003, 0.01], MostSteps: 20, HasLong: false);

    /// <summary>Inner rates of detectors, from those that suit Adam to those that suit plain descent.</summary>
    private static readonly Grid Objects = new([0.003, 0.01, 0.03, 0.1], MostSteps: 60, HasLong: true);

    private void AddTrained(
        Grid grid,
        AdaptableModel model,
        SafetensorsFile? joint,
        EpisodePlan plan,
        NetworkGraphs network,
        Dictionary<string, FloatTensor> fresh
    )
    {
        Episode[] validation;
        try
        {
            validation = [.. Enumerable.Range(0, TrainedOn).Select(plan.Validation)];
        }
        catch (BundleException e)
        {
            Lack(Undrawn(e), grid.HasLong ? [Scratch, Joint, Long] : [Scratch, Joint]);
            return;
        }

        AddLong(Scratch, model, fresh, validation, grid);
        if (joint is null)
        {
            Lack(WithoutJoint, grid.HasLong ? [Joint, Long] : [Joint]);
            return;
        }

        Dictionary<string, FloatTensor> start = Start(network, fresh, joint);
        if (grid.HasLong)
        {
            AddLong(Long, model, start, validation, grid);
        }

        Choose(
            grid.Rates,
            rate => new StartBaseline(Joint, model, new LearnerStart { Parameters = start, Rate = (float)rate }),
            model.Manifest,
            validation
        );
    }

    /// <summary>A start that the bundle's optimiser goes on from, at the rate and for as many steps as are best on the validation tasks.</summary>
    private void AddLong(string name, AdaptableModel model, Dictionary<string, FloatTensor> parameters, Episode[] validation, Grid grid)
    {
        LearnerStart At(double rate) => new() { Parameters = parameters, Rate = (float)rate };
        double sign = Figures.MoreIsBetter(model.Manifest) ? -1 : 1;
        (double rate, int steps, _) = grid
            .Rates.SelectMany(rate =>
            {
                double[][] figures = [.. validation.Select(new StartBaseline(name, model, At(rate), grid.MostSteps).Measure)];
                return Enumerable.Range(0, grid.MostSteps + 1).Select(k => (Rate: rate, Steps: k, Cost: sign * figures.Average(f => f[k])));
            })
            .Where(choice => double.IsFinite(choice.Cost))
            .MinBy(choice => choice.Cost);
        baselines.Add(new StartBaseline(name, model, At(rate), steps, onlyLast: true));
        settings[name] = rate;
        settings[name + Steps] = steps;
    }

    /// <summary>What training may choose from.</summary>
    /// <param name="Rates">Inner rates.</param>
    /// <param name="MostSteps">Most steps, where it takes as many as it wants.</param>
    /// <param name="HasLong">Whether jointly trained weights do so as well.</param>
    private sealed record Grid(double[] Rates, int MostSteps, bool HasLong);
}
