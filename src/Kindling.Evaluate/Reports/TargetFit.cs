using Kindling.Bundles;

namespace Kindling.Evaluate.Reports;

/// <summary>Predicted values of a regression beside the true ones, all query examples and outputs pooled.</summary>
/// <param name="True">True values.</param>
/// <param name="Predicted">Predicted values, in the same order.</param>
internal sealed record TargetFit(double[] True, double[] Predicted)
{
    /// <summary>The share of the true values' variance that predictions explain: 1 is best, 0 is as good as their mean, negative is worse.</summary>
    public double Explained
    {
        get
        {
            double mean = True.Average();
            double residual = True.Zip(Predicted, (t, p) => (t - p) * (t - p)).Sum();
            return 1 - (residual / True.Sum(t => (t - mean) * (t - mean)));
        }
    }

    /// <summary>Pools the outcomes of a regression.</summary>
    /// <param name="outcomes">The outcomes.</param>
    /// <param name="outputs">Which outputs of each.</param>
    public static TargetFit Of(IReadOnlyList<TaskOutcome> outcomes, Func<TaskOutcome, FloatTensor> outputs) =>
        new(
            [.. outcomes.SelectMany(o => o.Targets.Values).Select(v => (double)v)],
            [.. outcomes.SelectMany(o => outputs(o).Values).Select(v => (double)v)]
        );
}
