using System.CommandLine;
using Kindling.Cli;
using Kindling.Cli.Commands;

RootCommand root = new("Meta-train a model, export it, adapt it to a few examples.")
{
    NewCommand.Create(),
    ImportCommand.Create(),
    TrainCommand.Create(),
    ExportCommand.Create(),
    ExportCommand.CreateVerify(),
    EvalCommand.Create(),
    ReportCommand.Create(),
    StreamCommand.Create(),
    SweepCommand.Create(),
    AdaptCommand.Create(),
    PredictCommand.Create(),
    PredictCommand.CreateBake(),
    InspectCommand.Create(),
    DoctorCommand.Create(),
    CheckCommand.Create(),
    BenchCommand.Create(),
};
return await root.Run(args);
