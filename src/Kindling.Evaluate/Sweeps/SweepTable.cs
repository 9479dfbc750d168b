using System.Globalization;
using System.Text;

namespace Kindling.Evaluate.Sweeps;

/// <summary>The table of a sweep: for each setting mean and interval over its seeds.</summary>
public sealed class SweepTable
{
    // Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom; of the normal distribution behind them.
    private static readonly double[] Student =
    [
        12.706,
        4.303,
        3.182,
        2.776,
        2.571,
        2.447,
        2.365,
        2.306,
        2.262,
        2.228,
        2.201,
        2.179,
        2.160,
        2.145,
        2.131,
        2.120,
        2.110,
        2.101,
        2.093,
    ];

    /// <summary>No metric of a rule that works is so large.</summary>
    internal const double Diverged = 1e6;

    /// <summary>Number of steps of each column.</summary>
    public required IReadOnlyList<int> Steps { get; init; }

    /// <summary>The settings in order.</summary>
    public required IReadOnlyList<SweepTableRow> Rows { get; init; }

    /// <summary>The table of finished trainings.</summary>
    /// <param name="rows">The trainings.</param>
    /// <param name="steps">Numbers of steps that have a column.</param>
    public static SweepTable Of(IReadOnlyList<SweepRow> rows, IReadOnlyList<int> steps) =>
        new()
        {
            Steps = steps,
            Rows =
            [
                .. rows.GroupBy(row => row.Setting, StringComparer.Ordinal)
                    .Select(group => new SweepTableRow
                    {
                        Setting = group.Key,
                        Seeds = group.Count(row => !row.Diverged),
                        DivergedSeeds = group.Count(row => row.Diverged),
                        Seconds = group.Where(row => !row.Diverged).Select(row => row.Seconds).DefaultIfEmpty(double.NaN).Average(),
                        Mean = [.. steps.Select(k => Column(group, k) is { Length: > 0 } values ? values.Average() : (double?)null)],
                        Ci95 = [.. steps.Select(k => HalfWidth(Column(group, k)))],
                    }),
            ],
        };

    /// <summary>The table as Markdown.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        _ = text.Append("| setting | seeds |").AppendJoin("", Steps.Select(k => $" after {k} |")).AppendLine(" seconds |");
        _ = text.Append("| --- | --- |").AppendJoin("", Steps.Select(_ => " --- |")).AppendLine(" --- |");
        foreach (SweepTableRow row in Rows)
        {
            IEnumerable<string> cells = row.Mean.Zip(
                row.Ci95,
                (mean, half) =>
                    mean is not { } figure ? " |"
                    : !(Math.Abs(figure) <= Diverged) ? " diverges |"
                    : double.IsNaN(half) ? string.Create(CultureInfo.InvariantCulture, $" {mean:0.000} |")
                    : string.Create(CultureInfo.InvariantCulture, $" {mean:0.000} +- {half:0.000} |")
            );
            _ = text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {row.Setting} | {row.Seeds}{(row.DivergedSeeds > 0 ? $", {row.DivergedSeeds} diverged" : "")} |"
                )
                .AppendJoin("", cells)
                .AppendLine(double.IsNaN(row.Seconds) ? " |" : string.Create(CultureInfo.InvariantCulture, $" {row.Seconds:0} |"));
        }

        return text.ToString().TrimEnd();
    }

    // a rule that was adapted for fewer steps has no figure there, and a training that diverged none at all
    private static double[] Column(IEnumerable<SweepRow> rows, int step) =>
        [.. rows.Where(row => !row.Diverged && row.Metric.Count > step).Select(row => row.Metric[step])];

    private static double HalfWidth(double[] values)
    {
        if (values.Length < 2)
        {
            return double.NaN;
        }

        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        double quantile = values.Length - 2 < Student.Length ? Student[values.Length - 2] : 1.96;
        return quantile * deviation / Math.Sqrt(values.Length);
    }
}
