using System.CommandLine;
using Kindling.Cli.Inspecting;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Argument<string> path = new("path") { Description = "Bundle, delta, checkpoint folder, safetensors or ONNX file" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("inspect", "What is in a bundle, delta, checkpoint or ONNX file") { path, json };
        command.SetAction(parsed =>
        {
            Inspection inspection = Inspector.Inspect(parsed.GetRequiredValue(path));
            Output.Write(parsed.GetValue(json), inspection.Json, string.Join(Environment.NewLine, inspection.Lines));
        });
        return command;
    }
}
