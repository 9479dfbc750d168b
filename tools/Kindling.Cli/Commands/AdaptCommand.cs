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
        Option<int?> steps = CommonOptions.Steps();
        Option<string> provider = CommonOptions.Provider();
        Option<string?> invert = CommonOptions.Invert();
        Option<bool> json = CommonOptions.Json();
        Command command = new("adapt", "Fit a bundle to labelled examples") { bundle, support, output, steps, provider, invert, json };
        command.SetAction(
            async (parsed, cancellation) =>
            {
                AdaptOptions options = new()
                {
                    Steps = parsed.GetValue(steps),
                    Provider = CommonOptions.Choose(parsed.GetRequiredValue(provider)),
                };
                using AdaptableModel model = AdaptableModel.Open(parsed.GetRequiredValue(bundle), options);
                using Learner learner = model.CreateLearner();
                ImageInversion? inversion = CommonOptions.Inversion(parsed.GetValue(invert));
                AdaptReport report = await InputReader.Rejecting(() =>
                {
                    SupportSet examples = InputReader.Support(model.Manifest, parsed.GetRequiredValue(support), inversion);
                    return learner.AdaptAsync(examples, new AdaptConsole(TimeProvider.System), cancellation);
                });
                return Finish(learner, report, parsed.GetRequiredValue(output), parsed.GetValue(json));
            }
        );
        return command;
    }

    private static int Finish(Learner learner, AdaptReport report, string file, bool json)
    {
        if (report.Accepted)
        {
            learner.Save(file);
        }

        long bytes = report.Accepted ? new FileInfo(file).Length : 0;
        Output.Write(
            json,
            new
            {
                report.Accepted,
                report.Reason,
                report.Steps,
                LossBefore = Finite(report.LossBefore),
                LossAfter = Finite(report.LossAfter),
                Milliseconds = report.Elapsed.TotalMilliseconds,
                DeltaBytes = bytes,
            },
            report.Accepted
                ? $"{file}: {report.Steps} steps, loss {report.LossBefore:0.0000} -> {report.LossAfter:0.0000} in {report.Elapsed.TotalMilliseconds:0.0} ms, {bytes} bytes"
                : $"not accepted, nothing written: {report.Reason}"
        );
        return report.Accepted ? 0 : ExitCodes.Rejected;
    }

    // JSON has no NaN and no infinity.
    private static float? Finite(float value) => float.IsFinite(value) ? value : null;
}
