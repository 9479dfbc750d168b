using System.CommandLine;
using Kindling.Cli.Machine;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling doctor</c>.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<bool> json = CommonOptions.Json();
        Command command = new("doctor", "What this machine can run, and how to fix what it cannot") { json };
        command.SetAction(parsed =>
        {
            MachineReport report = MachineReport.Make();
            Output.Write(parsed.GetValue(json), report, string.Join(Environment.NewLine, report.Lines()));
            return report.Ok ? 0 : ExitCodes.MachineLacks;
        });
        return command;
    }
}
