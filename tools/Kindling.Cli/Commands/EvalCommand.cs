using System.CommandLine;
using System.Text;
using Kindling.Evaluate;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling eval</c>.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<int> episodes = new("--episodes") { Description = "Test episodes", DefaultValueFactory = _ => 600 };
        Option<int?> steps = new("--steps") { Description = "Adaptation steps instead of the bundle's" };
        Option<ulong> seed = new("--seed") { Description = "Seed of the episodes", DefaultValueFactory = _ => 1 };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<bool> json = new("--json") { Description = "One JSON object on standard output" };
        Command command = new("eval", "Metric after every adaptation step on test tasks") { bundle, episodes, steps, seed, data, json };
        command.SetAction(parsed =>
        {
            string root = DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName));
            EvaluationReport report = Evaluator.Evaluate(
                parsed.GetRequiredValue(bundle),
                root,
                parsed.GetValue(episodes),
                parsed.GetValue(steps),
                parsed.GetValue(seed)
            );
            Output.Write(parsed.GetValue(json), report, Table(report));
        });
        return command;
    }

    private static string Table(EvaluationReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine(
            $"{report.Metric} over {report.Episodes} test tasks, {report.Ways}-way {report.Shots}-shot, seed {report.Seed}, {report.MillisecondsPerStep:0.00} ms a step"
        );
        _ = text.AppendLine(
            $"{"steps", 5}  {"transductive", 18}  {"inductive", 18}{string.Concat(report.Baselines.Keys.Select(k => $"  {k, 18}"))}"
        );
        foreach (int k in report.Steps)
        {
            _ = text.AppendLine(
                $"{k, 5}  {Cell(report.Transductive, k)}  {Cell(report.Inductive, k)}{string.Concat(report.Baselines.Values.Select(b => "  " + Cell(b, k)))}"
            );
        }

        return text.ToString().TrimEnd();
    }

    private static string Cell(MetricSeries series, int step) =>
        step < series.Mean.Count ? $"{$"{series.Mean[step]:0.0000} +- {series.Ci95[step]:0.0000}", 18}" : new string(' ', 18);
}
