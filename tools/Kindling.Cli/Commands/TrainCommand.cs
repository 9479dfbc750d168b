using System.CommandLine;
using Kindling.Cli.Training;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        Argument<string> model = new("model") { Description = "Folder with recipe.json, as in models/sinusoid" };
        Option<int?> iterations = new("--iterations") { Description = "Outer iterations instead of the recipe's" };
        Option<ulong?> seed = new("--seed") { Description = "Seed instead of the recipe's" };
        Option<int?> threads = CommonOptions.Threads(
            "Tasks at a time in each process; by default as many as there are cores, or 1 where several processes train"
        );
        Option<string?> engine = CommonOptions.Engine();
        Option<string> device = TrainingOptions.Device();
        Option<double?> memory = TrainingOptions.Memory();
        Option<string> precision = TrainingOptions.Precision();
        Option<bool> resume = new("--resume")
        {
            Description = "Go on from the checkpoint; a finished one gets its joint baseline if that is missing",
        };
        Option<string?> from = new("--from")
        {
            Description = "Bundle, or folder of a checkpoint, to start from instead of fresh weights; its network must be the recipe's",
        };
        Option<string> stage = new("--stage")
        {
            Description = "meta, baseline or all: baseline and meta-training need nothing of each other and may run at the same time",
            DefaultValueFactory = _ => "all",
        };
        _ = stage.AcceptOnlyFromAmong("meta", "baseline", "all");
        Option<string> mpi = Processes.Option();
        Option<string?> output = new("--out") { Description = "Folder for the checkpoint instead of MODEL/checkpoint" };
        Option<string?> tensorboard = new("--tensorboard") { Description = "Folder to write events for TensorBoard to" };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Command command = new("train", Description())
        {
            model,
            iterations,
            seed,
            threads,
            engine,
            device,
            memory,
            precision,
            resume,
            from,
            stage,
            mpi,
            output,
            tensorboard,
            data,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(resume) && result.GetValue(from) is not null)
            {
                result.AddError("--resume goes on from the checkpoint and --from starts anew: give one of them.");
            }
        });
        TrainingOptions.CheckPrecision(command, device, precision);
        command.SetAction(
            // On a thread of its own: only then does the parser listen for Ctrl-C while it runs.
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                        Processes.Run(
                            parsed.GetRequiredValue(mpi),
                            ranks =>
                            {
                                string folder = parsed.GetRequiredValue(model);
                                Recipe recipe = Recipe.Read(folder).With(parsed.GetValue(iterations), parsed.GetValue(seed));
                                recipe = parsed.GetValue(engine) is { } name ? recipe.WithEngine(name) : recipe;
                                string root = DataRoot.Find(
                                    parsed.GetValue(data),
                                    Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)
                                );
                                ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, root);
                                TrainingSession session = new(
                                    recipe,
                                    tasks,
                                    parsed.GetValue(output) ?? Path.Combine(folder, "checkpoint"),
                                    TimeProvider.System
                                )
                                {
                                    MetaTrains = parsed.GetValue(stage) != "baseline",
                                    TrainsBaseline = parsed.GetValue(stage) != "meta",
                                    Start = ranks.Rank == 0 && parsed.GetValue(from) is { } start ? TrainingStart.Read(start) : null,
                                    TensorBoard = parsed.GetValue(tensorboard),
                                    Ranks = ranks,
                                    Device = TrainingOptions.Choose(
                                        parsed.GetRequiredValue(device),
                                        parsed.GetValue(memory),
                                        parsed.GetRequiredValue(precision)
                                    ),
                                };
                                int count = parsed.GetValue(threads) ?? (ranks.Count > 1 ? 1 : Environment.ProcessorCount);
                                bool Run(IProgress<TrainingProgress> view) =>
                                    session.Run(count, parsed.GetValue(resume), view, cancellation);
                                if (ranks.Rank != 0)
                                {
                                    return Run(new Progress<TrainingProgress>()) ? 0 : ExitCodes.Interrupted;
                                }

                                bool finished = TrainingConsole.Watch(recipe.Name, Run);
                                if (finished)
                                {
                                    Console.Error.WriteLine(
                                        $"`kindling report {parsed.GetValue(output) ?? folder}` evaluates and draws it"
                                    );
                                }

                                return finished ? 0 : ExitCodes.Interrupted;
                            }
                        ),
                    CancellationToken.None
                )
        );
        return command;
    }

    // The registry says what there is, so that help cannot fall behind it.
    private static string Description()
    {
        IEnumerable<string> lines = AlgorithmRows.All.Select(row => $"  {row.Type, -10} {row.Title}, {row.Source}: {row.Summary}");
        IEnumerable<string> standIns = AlgorithmRows
            .All.Where(row => row.StandsInFor is not null)
            .Select(row => $"  {row.Type, -10} for {row.StandsInFor}");
        return string.Join(
            Environment.NewLine,
            [
                "Meta-train a recipe and its joint baseline; writes a checkpoint.",
                "",
                "Meta-learners, algorithm.type in a recipe:",
                .. lines,
                "",
                "Stand-ins for names that have no publication (the article that inspired this project has them):",
                .. standIns,
            ]
        );
    }
}
