using System.Globalization;

namespace Kindling.Evaluate;

/// <summary>How people read a metric.</summary>
/// <param name="Name">What it is called at the beginning of a sentence.</param>
/// <param name="Scale">What a figure is multiplied by: 100 for shares, which are read in percent.</param>
/// <param name="Digits">The format of a figure.</param>
/// <param name="IsShare">Whether figures are between 0 and 1, and 1 is best.</param>
/// <param name="IsError">Whether less is better; such figures are drawn by their logarithm, which tells a bad one from a good one.</param>
internal sealed record MetricWords(string Name, double Scale, string Digits, bool IsShare, bool IsError)
{
    /// <summary>Of a metric as reports name it.</summary>
    public static MetricWords Of(string metric) =>
        metric switch
        {
            "accuracy" => new("Accuracy", 100, "0.00", IsShare: true, IsError: false),
            Figures.DetectionMetric => new("Mean average precision at 0.5", 100, "0.00", IsShare: true, IsError: false),
            EvaluationReport.ReturnMetric => new("Return", 1, "0.00", IsShare: false, IsError: false),
            "bitsPerByte" => new("Bits per byte", 1, "0.000", IsShare: false, IsError: true),
            _ => new("Mean squared error", 1, "0.0000", IsShare: false, IsError: true),
        };

    /// <summary>What stands behind a figure.</summary>
    public string Unit => IsShare ? " %" : "";

    /// <summary>What an axis of it is called.</summary>
    public string Axis => $"{char.ToLowerInvariant(Name[0])}{Name[1..]}{(IsError ? " (logarithmic)" : "")}";

    /// <summary>A figure with its interval, without the unit.</summary>
    public string Figure(MetricSeries series, int step) => $"{Number(series.Mean[step])} ± {Number(series.Ci95[step])}";

    /// <summary>A figure, without the unit.</summary>
    public string Number(double figure) => (Scale * figure).ToString(Digits, CultureInfo.InvariantCulture);
}
