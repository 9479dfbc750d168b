using System.CommandLine;
using Kindling.Export;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling export</c> and <c>kindling verify</c>.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Argument<string> model = new("model") { Description = "Folder with recipe.json, as in models/sinusoid" };
        Option<string?> output = new("--out") { Description = "Bundle folder or .kindling file instead of MODEL/build" };
        Option<string?> checkpoint = new("--checkpoint")
        {
            Description = "Folder of the checkpoint instead of MODEL/checkpoint; or a bundle, to write it as this version does",
        };
        Option<string?> baseline = new("--baseline")
        {
            Description = "Folder with the joint baseline, where `train --stage baseline` wrote it apart",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("export", "Turn a checkpoint into a verified bundle") { model, output, checkpoint, baseline, json };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(model);
            string target = parsed.GetValue(output) ?? Path.Combine(folder, "build");
            VerificationReport report = BundleExporter.Export(
                parsed.GetValue(checkpoint) ?? Path.Combine(folder, "checkpoint"),
                target,
                parsed.GetValue(baseline)
            );
            Output.Write(parsed.GetValue(json), new { bundle = target, verification = report }, $"{target}: written, {report}");
        });
        return command;
    }

    public static Command CreateVerify()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("verify", "Replay a bundle's reference episodes in ONNX Runtime") { bundle, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(bundle);
            VerificationReport report = BundleVerifier.Verify(path);
            Output.Write(
                parsed.GetValue(json),
                new
                {
                    bundle = path,
                    verification = report,
                    passed = report.Passed,
                },
                $"{path}: {report}"
            );
            return report.Passed ? 0 : ExitCodes.VerificationFailed;
        });
        return command;
    }
}
