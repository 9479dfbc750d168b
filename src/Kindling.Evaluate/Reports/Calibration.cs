using Kindling.Bundles;

namespace Kindling.Evaluate.Reports;

/// <summary>
/// How far confidence and accuracy agree (Guo, Pleiss, Sun and Weinberger 2017, equations 2 to 5): predictions go into bins of equal width by
/// the probability of the class that they name.
/// </summary>
/// <param name="Bins">From the lowest confidence to the highest.</param>
internal sealed record Calibration(IReadOnlyList<CalibrationBin> Bins)
{
    /// <summary>Bins, as in the paper.</summary>
    public const int BinCount = 15;

    /// <summary>Predictions in all bins.</summary>
    public int Count => Bins.Sum(b => b.Count);

    /// <summary>Expected calibration error: the mean distance of accuracy and confidence, weighted by the bins' predictions; 0 is best.</summary>
    public double Error => Bins.Where(b => b.Count > 0).Sum(b => b.Count * Math.Abs(b.Accuracy - b.Confidence)) / Count;

    /// <summary>Bins the outcomes of a classification.</summary>
    /// <param name="outcomes">The outcomes.</param>
    /// <param name="outputs">Which outputs of each.</param>
    public static Calibration Of(IReadOnlyList<TaskOutcome> outcomes, Func<TaskOutcome, FloatTensor> outputs)
    {
        (double Confidence, bool Right)[] all =
        [
            .. outcomes.SelectMany(outcome =>
                Enumerable
                    .Range(0, outcome.Targets.Count)
                    .Select(i =>
                    {
                        (int chosen, double confidence) = TaskOutcome.Choice(outputs(outcome), i);
                        return (confidence, chosen == (int)outcome.Targets.Values[i]);
                    })
            ),
        ];
        ILookup<int, (double Confidence, bool Right)> bins = all.ToLookup(p => Math.Min((int)(p.Confidence * BinCount), BinCount - 1));
        return new([
            .. Enumerable
                .Range(0, BinCount)
                .Select(b => new CalibrationBin(
                    bins[b].Count(),
                    bins[b].Select(p => p.Confidence).DefaultIfEmpty(double.NaN).Average(),
                    bins[b].Select(p => p.Right ? 1.0 : 0).DefaultIfEmpty(double.NaN).Average()
                )),
        ]);
    }
}
