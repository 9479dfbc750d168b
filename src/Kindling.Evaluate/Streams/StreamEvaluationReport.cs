using System.Globalization;
using System.Text;

namespace Kindling.Evaluate.Streams;

/// <summary>What `kindling stream` reports; the members are the JSON contract. Series have one entry: mean and interval over the streams.</summary>
public sealed class StreamEvaluationReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>As in <see cref="EvaluationReport.Metric"/>.</summary>
    public required string Metric { get; init; }

    /// <summary>Streams.</summary>
    public required int Streams { get; init; }

    /// <summary>Segments of a stream.</summary>
    public required int Segments { get; init; }

    /// <summary>Examples that came together; 0: each segment whole.</summary>
    public required int Part { get; init; }

    /// <summary>Examples of a segment.</summary>
    public required int Shots { get; init; }

    /// <summary>Query examples of a segment.</summary>
    public required int Queries { get; init; }

    /// <summary>Seed of the streams.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Loss of what came, before it was adapted to; of policies its return.</summary>
    public required MetricSeries Online { get; init; }

    /// <summary>Likewise of a learner that never starts again; null where the rule says nothing of starting again.</summary>
    public required MetricSeries? OnlineNeverAgain { get; init; }

    /// <summary>Likewise of one that stays at the start; null for a classification, whose classes the start has not.</summary>
    public required MetricSeries? OnlineUnadapted { get; init; }

    /// <summary>Metric over all segments at the end.</summary>
    public required MetricSeries Final { get; init; }

    /// <summary>See <see cref="TransferFigures.Backward"/>: below 0 the learner forgot.</summary>
    public required MetricSeries BackwardTransfer { get; init; }

    /// <summary>See <see cref="TransferFigures.Forward"/>; null for a classification, where nobody knows a class before its segment.</summary>
    public required MetricSeries? ForwardTransfer { get; init; }

    /// <summary>Mean metric on each segment (columns) after 0, 1, ... segments (rows).</summary>
    public required IReadOnlyList<double[]> Matrix { get; init; }

    /// <summary>Share of the boundaries between segments at which the learner started again.</summary>
    public required MetricSeries BoundariesFound { get; init; }

    /// <summary>How often in a stream it started again elsewhere.</summary>
    public required MetricSeries FalseJumps { get; init; }

    /// <summary>The report for people.</summary>
    public string ToTable()
    {
        StringBuilder text = new();
        bool lives = Metric == EvaluationReport.ReturnMetric;
        string online = lives ? "return" : "loss";
        Line(
            text,
            $"{Metric} over {Streams} streams of {Segments} segments, {Shots} {(lives ? "episodes" : "examples")} each, {(Part == 0 ? "a segment" : $"{Part}")} at a time, seed {Seed}"
        );
        foreach (
            (string name, MetricSeries? series) in new (string, MetricSeries?)[]
            {
                ("at the end", Final),
                ("backward transfer", BackwardTransfer),
                ("forward transfer", ForwardTransfer),
                ($"{online} before adapting", Online),
                ("- never starts again", OnlineNeverAgain),
                ("- never adapts", OnlineUnadapted),
                ("boundaries found", BoundariesFound),
                ("false jumps", FalseJumps),
            }
        )
        {
            if (series is not null)
            {
                Line(text, $"{name, -22} {series.Mean[0], 9:0.0000} +- {series.Ci95[0]:0.0000}");
            }
        }

        Line(text, $"after\\on{string.Concat(Enumerable.Range(1, Segments).Select(j => $"{j, 11}"))}");
        for (int i = 0; i < Matrix.Count; i++)
        {
            Line(text, $"{i, 8}{string.Concat(Matrix[i].Select(v => v.ToString("G4", CultureInfo.InvariantCulture).PadLeft(11)))}");
        }

        return text.ToString().TrimEnd();
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        _ = text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
