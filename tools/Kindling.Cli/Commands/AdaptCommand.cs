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
            Description =
                "Folder of class folders (pictures, WAV or .txt files), or a CSV file with a column 'label' (for texts also 'text'); for a language model a text file; for a detector pictures with boxes as Pascal VOC, COCO or boxes.csv",
            Required = true,
        };
        Option<string> output = new("--out") { Description = "Delta file to write, FILE.adapted", Required = true };
        Option<int?> steps = CommonOptions.Steps();
        Option<string> provider = CommonOptions.Provider();
        Option<int?> device = CommonOptions.Device();
        Option<string?> invert = CommonOptions.Invert();
        Option<double> holdOut = CommonOptions.HoldOut();
        Option<int?> patience = CommonOptions.Whole(
            "--patience",
            "With --hold-out: stop after so many steps without an improvement",
            1,
            AdaptRequest.MaximumSteps
        );
        Option<int?> keep = CommonOptions.Whole(
            "--keep",
            "Earlier generations of the delta file that stay beside it, as FILE.adapted.NUMBER",
            0,
            DeltaFile.MaximumGenerations
        );
        Option<int?> microBatch = CommonOptions.Whole(
            "--micro-batch",
            "Examples that are computed at one time, for less memory; all by default",
            1,
            int.MaxValue
        );
        Option<bool> calibrate = new("--calibrate")
        {
            Description = "Find out from which confidence on predictions count, so that they can say \"none of these\"",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("adapt", "Fit a bundle to labelled examples")
        {
            bundle,
            support,
            output,
            steps,
            provider,
            device,
            invert,
            holdOut,
            patience,
            keep,
            microBatch,
            calibrate,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(patience) is not null && result.GetValue(holdOut) == 0)
            {
                result.AddError("--patience needs examples to judge by: give --hold-out.");
            }
        });
        command.SetAction(
            async (parsed, cancellation) =>
            {
                AdaptOptions options = new()
                {
                    Steps = parsed.GetValue(steps),
                    Provider = CommonOptions.Choose(parsed.GetRequiredValue(provider), parsed.GetValue(device) ?? 0),
                    Device = parsed.GetValue(device) ?? 0,
                    SavedGenerations = parsed.GetValue(keep) ?? 0,
                };
                using AdaptableModel model = AdaptableModel.Open(parsed.GetRequiredValue(bundle), options);
                using Learner learner = model.CreateLearner();
                ImageInversion? inversion = CommonOptions.Inversion(parsed.GetValue(invert));
                AdaptReport report = await InputReader.Rejecting(async () =>
                {
                    AdaptRequest request = new()
                    {
                        Support = InputReader.Support(model.Manifest, parsed.GetRequiredValue(support), inversion),
                        HoldOut = parsed.GetValue(holdOut),
                        Patience = parsed.GetValue(patience),
                        MicroBatch = parsed.GetValue(microBatch),
                    };
                    AdaptReport result = await learner.AdaptAsync(request, new AdaptConsole(TimeProvider.System), cancellation);
                    if (result.Accepted && parsed.GetValue(calibrate))
                    {
                        _ = learner.Calibrate(request.Support, cancellation);
                    }

                    return result;
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

        foreach (SupportFinding finding in report.Findings)
        {
            Console.Error.WriteLine($"note: {finding.Message}");
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
                report.TakenStep,
                Findings = report.Findings.Select(finding => new
                {
                    Kind = finding.Kind.ToString().ToLowerInvariant(),
                    finding.Examples,
                    finding.Message,
                }),
                learner.ConfidenceThreshold,
            },
            report.Accepted
                ? $"{file}: {report.Steps} steps, loss {report.LossBefore:0.0000} -> {report.LossAfter:0.0000} in {report.Elapsed.TotalMilliseconds:0.0} ms, {bytes} bytes"
                    + (learner.ConfidenceThreshold is { } threshold ? $"\npredictions count from a confidence of {threshold:0.000} on" : "")
                    + (report.Validation is null ? "" : $"\n{report.Reason}")
                : $"not accepted, nothing written: {report.Reason}"
        );
        return report.Accepted ? 0 : ExitCodes.Rejected;
    }

    // JSON has no NaN and no infinity.
    private static float? Finite(float value) => float.IsFinite(value) ? value : null;
}
