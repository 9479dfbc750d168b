using System.Globalization;
using System.Text;
using Kindling.Evaluate.Baselines;
using Kindling.Evaluate.Languages;

namespace Kindling.Evaluate;

public sealed partial class EvaluationReport
{
    /// <summary><see cref="Metric"/> of policies in their worlds.</summary>
    internal const string ReturnMetric = "return";

    private const int Width = 18;

    /// <summary>The report for people: a row for each number of steps, then what was chosen and what is absent.</summary>
    public string ToTable()
    {
        StringBuilder text = new();
        bool lives = Metric == ReturnMetric;
        (string Name, MetricSeries Series)[] own = lives
            ? [("policy", Inductive)]
            : [("transductive", Transductive), ("inductive", Inductive)];
        (string Name, MetricSeries Series)[] columns =
        [
            .. own,
            .. Returns is { } returns ? [("return", returns)] : Array.Empty<(string, MetricSeries)>(),
            .. Baselines.Select(b => (b.Key, b.Value)),
        ];
        string tasks = OneShotRuns is null ? "test tasks" : "one-shot runs";
        string size = lives ? $"{Shots} episodes a step, judged by {Queries}" : $"{Ways}-way {Shots}-shot";
        Line(text, $"{Metric} over {Episodes} {tasks}, {size}, seed {Seed}, engine {Engine}, {MillisecondsPerStep:0.00} ms a step");
        Line(text, $"steps{string.Concat(columns.Select(c => c.Name.PadLeft(Width + 2)))}");
        foreach (int k in Steps)
        {
            Line(text, $"{k, 5}{string.Concat(columns.Select(c => Cell(c.Series, k).PadLeft(Width + 2)))}");
        }

        if (OneShotRuns is { } runs)
        {
            int right = runs.Correct.Sum();
            double error = 100.0 * (runs.Trials - right) / runs.Trials;
            Line(text, $"one-shot runs: {right} of {runs.Trials} right one at a time, error {error:0.0} %; trained on split {runs.Split}");
        }

        if (Outside is { } outside)
        {
            Line(
                text,
                $"none of these: {outside.Inputs} inputs of no class a task, false accept {Cell(outside.FalseAccept, 0)}, false reject {Cell(outside.FalseReject, 0)}, accuracy where confident {(outside.AccuracyWhereConfident is { } sure ? Cell(sure, 0) : "-")}, AUROC {Cell(outside.Auroc, 0)}"
            );
        }

        foreach (string line in Languages is { } languages ? LanguageTable.Lines(languages) : [])
        {
            Line(text, $"{line}");
        }

        foreach ((string name, double setting) in BaselineSettings)
        {
            Line(text, $"{name}: {SettingName(name)} {setting}, chosen on validation tasks");
        }

        foreach (IGrouping<string, string> group in AbsentBaselines.GroupBy(a => a.Value, a => a.Key, StringComparer.Ordinal))
        {
            Line(text, $"absent: {string.Join(", ", group)}; {group.Key}");
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>What a member of <see cref="BaselineSettings"/> is.</summary>
    internal static string SettingName(string name) =>
        name == "ridge" ? "strength"
        : name.EndsWith(BaselineSet.Steps, StringComparison.Ordinal) ? "number"
        : "rate";

    // Baselines without steps have their only figure in the first row.
    private static string Cell(MetricSeries series, int step) =>
        step < series.Mean.Count
            ? string.Create(CultureInfo.InvariantCulture, $"{series.Mean[step]:0.0000} +- {series.Ci95[step]:0.0000}")
            : "";

    private static void Line(StringBuilder text, FormattableString line) =>
        _ = text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
