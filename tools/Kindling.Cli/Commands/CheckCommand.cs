using System.CommandLine;
using System.Globalization;
using System.Text;
using Kindling.Evaluate.Checks;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling check</c>.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        Argument<string?> path = new("path") { Description = "Folder with recipe.json, or an ONNX file", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> nodeTests = new("--node-tests") { Description = "Zip of ONNX's node tests to run instead" };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("check", "Check a recipe's gradients with finite differences, or the operators of an ONNX file")
        {
            path,
            nodeTests,
            data,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(path) is null == result.GetValue(nodeTests) is null)
            {
                result.AddError("check takes either a path or --node-tests.");
            }
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(nodeTests) is { } suite)
            {
                NodeTestReport tests = NodeTestCheck.Run(suite);
                Output.Write(parsed.GetValue(json), tests, Table(tests));
                return tests.Failed.Count == 0 ? 0 : ExitCodes.VerificationFailed;
            }

            string target = parsed.GetValue(path)!;
            if (!Directory.Exists(target) && !target.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                OperatorCheckReport operators = OperatorCheck.Run(target);
                Output.Write(parsed.GetValue(json), operators, Table(operators));
                return operators.Passed ? 0 : ExitCodes.Rejected;
            }

            Recipe recipe = Recipe.Read(target);
            string root = DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName));
            RecipeCheckReport report = RecipeCheck.Run(recipe, TaskFamilies.Create(recipe.Tasks, root));
            Output.Write(parsed.GetValue(json), report, Table(report));
            return report.Passed ? 0 : ExitCodes.VerificationFailed;
        });
        return command;
    }

    private static string Table(NodeTestReport report)
    {
        StringBuilder text = new();
        foreach (IGrouping<string, string> group in report.Excluded.GroupBy(e => e.Value, e => e.Key))
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"excluded ({group.Key}): {string.Join(", ", group)}");
        }

        foreach (NodeTestFailure failure in report.Failed)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"FAILED {failure.Name}: {failure.Why}");
        }

        return text.Append(
                CultureInfo.InvariantCulture,
                $"{report.Passed} passed, {report.Failed.Count} failed, {report.Excluded.Count} excluded"
            )
            .ToString();
    }

    private static string Table(OperatorCheckReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"{"operator", -32}  {"nodes", 5}  {"import", 6}  {"gradient", 8}  first node");
        foreach (OperatorSupport o in report.Operators)
        {
            string import = o.Import ? "yes" : "no";
            _ = text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{o.Operator, -32}  {o.Nodes, 5}  {import, 6}  {o.Gradient, 8}  {o.FirstNode}{(o.Fault is null ? "" : $": {o.Fault}")}"
            );
        }

        string[] unsupported = [.. report.Operators.Where(o => !o.Supported).Select(o => $"{o.Operator} (node {o.FirstNode})")];
        return text.Append(unsupported.Length == 0 ? "all supported" : $"not supported: {string.Join(", ", unsupported)}").ToString();
    }

    private static string Table(RecipeCheckReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine("gradient of the support loss, from the graph that adaptation runs");
        Rows(text, report.Support);
        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"outer gradient of {report.Algorithm}, {report.Steps} inner step(s): {report.OuterGradient}"
        );
        Rows(text, report.Outer);
        string[] failed = [.. report.Support.Concat(report.Outer).Where(t => !t.Passed).Select(t => t.Name).Distinct()];
        return text.Append(
                CultureInfo.InvariantCulture,
                $"{(failed.Length == 0 ? "passed" : $"failed: {string.Join(", ", failed)}")}; largest relative error that passes: {report.Threshold:0.0e+0}"
            )
            .ToString();
    }

    private static void Rows(StringBuilder text, IEnumerable<TensorCheck> tensors)
    {
        foreach (TensorCheck t in tensors)
        {
            string error = t.Entries == 0 ? "none" : t.LargestError.ToString("0.0e+0", CultureInfo.InvariantCulture);
            string kinks = t.Kinks.Count == 0 ? "" : $", left out at a kink: {string.Join(", ", t.Kinks)}";
            _ = text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {t.Name, -24}  {error, 8}  at element {t.LargestAt}; {t.Entries} checked{kinks}{(t.Passed ? "" : "  FAILED")}"
            );
        }
    }
}
