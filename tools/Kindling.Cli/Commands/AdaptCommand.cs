using System.CommandLine;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling adapt</c>.</summary>
internal static class AdaptCommand
{
    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<string> support = new("--support")
        {
            Description = "Folder of class folders, or a CSV file with a column 'label'",
            Required = true,
        };
        Option<string> output = new("--out") { Description = "Delta file to write, FILE.adapted", Required = true };
        Option<int?> steps = new("--steps") { Description = "Steps instead of the bundle's" };
        Option<bool> json = new("--json") { Description = "One JSON object on standard output" };
        Command command = new("adapt", "Fit a bundle to labelled examples") { bundle, support, output, steps, json };
        command.SetAction(
            async (parsed, cancellation) =>
            {
                string file = parsed.GetRequiredValue(output);
                using AdaptableModel model = InputReader.Open(parsed.GetRequiredValue(bundle), parsed.GetValue(steps));
                using Learner learner = model.CreateLearner();
                SupportSet examples = InputReader.Support(model.Manifest, parsed.GetRequiredValue(support));
                AdaptReport report = await learner.AdaptAsync(examples, cancellationToken: cancellation).ConfigureAwait(false);
                if (report.Accepted)
                {
                    learner.Save(file);
                }

                long bytes = report.Accepted ? new FileInfo(file).Length : 0;
                Output.Write(
                    parsed.GetValue(json),
                    new
                    {
                        report.Accepted,
                        report.Reason,
                        report.Steps,
                        report.LossBefore,
                        report.LossAfter,
                        Milliseconds = report.Elapsed.TotalMilliseconds,
                        DeltaBytes = bytes,
                    },
                    report.Accepted
                        ? $"{file}: {examples.Count} examples, {report.Steps} steps, loss {report.LossBefore:0.0000} -> {report.LossAfter:0.0000} in {report.Elapsed.TotalMilliseconds:0.0} ms, {bytes} bytes"
                        : $"not accepted, nothing written: {report.Reason}"
                );
                return report.Accepted ? 0 : ExitCodes.Rejected;
            }
        );
        return command;
    }
}
