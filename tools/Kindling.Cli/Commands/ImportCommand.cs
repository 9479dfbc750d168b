using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kindling.Bundles;
using Kindling.Cli.Drafting;
using Kindling.Evaluate.Importing;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling import</c>.</summary>
internal static class ImportCommand
{
    private const string NetworkFile = "network.onnx";

    public static Command Create()
    {
        Argument<string> model = new("model") { Description = "ONNX file, op sets 1 to 22" };
        Option<string[]> trainable = new("--trainable")
        {
            Description = "Patterns of the weights to train and adapt, as in 'fc*' or '!conv*'; all others stay as they are",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string> output = new("--out") { Description = "Folder to write, as in models/NAME", Required = true };
        Option<string?> loss = new("--loss") { Description = "What adaptation descends; by default what the data or the outputs ask for" };
        loss.AcceptOnlyFromAmong(ImportDrafter.CrossEntropy, "mse", "l1", "huber");
        Option<string?> labels = new("--label-input") { Description = "Input of labels, which is left out" };
        Option<string?> kept = new("--output") { Description = "Output to keep instead of the first" };
        Option<string[]> fix = new("--fix")
        {
            Description = "INPUT=VALUE: a number, or one for each element",
            DefaultValueFactory = _ => [],
        };
        Option<string?> shape = new("--input-shape")
        {
            Description = "Sizes of an example where the model leaves some free, as in 3,224,224",
        };
        Option<string?> head = new("--head") { Description = "Last layer: the model's own, or a new one on top of it" };
        head.AcceptOnlyFromAmong(ImportDrafter.Own, "linear", "prototypes");
        Option<int?> ways = CommonOptions.Whole("--ways", "Classes to tell apart, without --data", 2, TaskSpec.MaximumCount);
        Option<string?> data = new("--data") { Description = "Folder of class folders of pictures, or a CSV file, to meta-train on" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("import", "Turn a model that somebody else exported into a recipe")
        {
            model,
            trainable,
            loss,
            labels,
            kept,
            fix,
            shape,
            head,
            ways,
            data,
            output,
            json,
        };
        fix.Validators.Add(result =>
        {
            foreach (string token in result.Tokens.Select(t => t.Value).Where(t => t.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--fix takes INPUT=VALUE, got '{token}'.");
            }

            foreach (
                IGrouping<string, string> twice in result
                    .Tokens.GroupBy(t => t.Value.Split('=')[0], t => t.Value, StringComparer.Ordinal)
                    .Where(group => group.Count() > 1)
            )
            {
                result.AddError($"--fix {twice.Key} stands {twice.Count()} times; expected one value.");
            }
        });
        shape.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Sizes(token.Value) is null)
            {
                result.AddError($"--input-shape takes positive sizes as in 3,224,224, got '{token.Value}'.");
            }
        });
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(output);
            if (Directory.Exists(folder) || File.Exists(folder))
            {
                throw new BundleException($"{folder} is there already; choose another name or remove it.");
            }

            ImportResult result = ModelImporter.Run(
                new()
                {
                    Model = parsed.GetRequiredValue(model),
                    Trainable = parsed.GetRequiredValue(trainable),
                    Fix = parsed
                        .GetRequiredValue(fix)
                        .Select(f => f.Split('=', 2))
                        .ToDictionary(f => f[0], f => f[1], StringComparer.Ordinal),
                    LabelInput = parsed.GetValue(labels),
                    Output = parsed.GetValue(kept),
                    InputShape = parsed.GetValue(shape) is { } sizes ? Sizes(sizes) : null,
                }
            );
            ImportReport report = result.Report;
            string[] choices = [];
            if (report.Passed)
            {
                string root = DataRoot.Find(null, Environment.GetEnvironmentVariable(DataRoot.EnvironmentName));
                string? path = parsed.GetValue(data);
                Draft draft = ImportDrafter.For(
                    result,
                    path,
                    path is null ? null : NewCommand.Source(path, root),
                    parsed.GetValue(loss),
                    parsed.GetValue(head),
                    parsed.GetValue(ways)
                );
                Write(folder, result, draft, root);
                choices = [.. draft.Choices];
            }

            string? written = report.Passed ? Path.Combine(folder, "recipe.json") : null;
            string[] next = written is null ? [] : [$"kindling train {folder}", $"kindling export {folder}"];
            Output.Write(
                parsed.GetValue(json),
                new
                {
                    recipe = written,
                    report,
                    choices,
                    next,
                },
                Text(report, written, choices, next)
            );
            return report.Passed ? 0
                : report.Unsupported.Count > 0 ? ExitCodes.Rejected
                : ExitCodes.VerificationFailed;
        });
        return command;
    }

    // The folder appears whole or not at all.
    private static void Write(string folder, ImportResult result, Draft draft, string root)
    {
        byte[] bytes = result.Bytes.ToArray();
        JsonObject recipe = new()
        {
            ["name"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            ["description"] = $"Imported from {Path.GetFileName(result.Report.Model)}.",
            ["seed"] = 1,
        };
        foreach ((string section, JsonNode? content) in draft.Recipe)
        {
            recipe[section] = content!.DeepClone();
        }

        JsonObject network = recipe["network"]!.AsObject();
        network["file"] = NetworkFile;
        network["sha256"] = ImportedModel.Hash(bytes);
        network["trainable"] = new JsonArray([.. result.Report.Trainable.Select(t => (JsonNode)t.Name)]);
        string text = recipe.ToJsonString(NewCommand.Json) + "\n";
        Recipe read = Recipe.Parse(text, Path.Combine(folder, "recipe.json"), _ => bytes);
        ITaskFamily tasks = TaskFamilies.Create(read.Tasks, root);
        _ = read.Build(tasks.InputShape, tasks.IsClassification ? read.Tasks.Ways : tasks.OutputCount);
        AtomicFile.Write(Path.Combine(folder, NetworkFile), bytes);
        AtomicFile.Write(Path.Combine(folder, "recipe.json"), Encoding.UTF8.GetBytes(text));
    }

    private static string Text(ImportReport report, string? written, string[] choices, string[] next)
    {
        StringBuilder text = new();
        if (report.Unsupported.Count > 0)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"{report.Model}: {report.Unsupported.Count} node(s) are not supported:");
            return text.AppendJoin(Environment.NewLine, report.Unsupported.Select(n => $"  {n.Node}: {n.Why}")).ToString();
        }

        ImportParity parity = report.Parity!;
        _ = text.AppendLine(CultureInfo.InvariantCulture, $"input   {report.Input}")
            .AppendLine(CultureInfo.InvariantCulture, $"output  {report.Output}");
        foreach (string change in report.Changes)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"changed {change}");
        }

        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"weights {report.TrainableCount} numbers train in {report.Trainable.Count} tensor(s), {report.FrozenCount} stay"
        );
        foreach (TrainableWeight weight in report.Trainable)
        {
            _ = text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {weight.Name} [{string.Join(", ", weight.Shape)}]{(weight.LargestGradient == 0 ? "  gradient 0 at these inputs" : "")}"
            );
        }

        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"nodes   {report.GradientNodes.Count} of {report.Nodes} pass the gradient, from {(report.GradientNodes.Count > 0 ? report.GradientNodes[0] : "none")} on"
        );
        string verdict = parity.Passed ? "" : "  FAILED";
        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"parity  {parity.LargestDifference:0.0e+0} from the original in ONNX Runtime on {parity.Examples} random examples (at most {parity.Allowed:0.0e+0}), {parity.LargestBatchDifference:0.0e+0} between one example alone and among others{verdict}"
        );
        if (written is null)
        {
            string why =
                parity.LargestDifference > parity.Allowed
                    ? "the conversion does not give what the original gives"
                    : "an example alone gives something else than among others";
            return text.Append(CultureInfo.InvariantCulture, $"nothing was written: {why}").ToString();
        }

        foreach (string choice in choices)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"chose   {choice}");
        }

        return text.AppendLine(CultureInfo.InvariantCulture, $"{written}: written").Append("next: ").AppendJoin("; ", next).ToString();
    }

    private static int[]? Sizes(string text)
    {
        int[] sizes =
        [
            .. text.Split(',').Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0),
        ];
        return sizes.All(s => s > 0) ? sizes : null;
    }
}
