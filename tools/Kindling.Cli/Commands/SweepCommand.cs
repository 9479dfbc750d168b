using System.CommandLine;
using System.Globalization;
using Kindling.Bundles;
using Kindling.Cli.Training;
using Kindling.Evaluate.Plots;
using Kindling.Evaluate.Sweeps;
using Kindling.Mpi;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling sweep</c>.</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        Argument<string[]> models = new("models")
        {
            Description = "Recipes: files, or folders with recipe.json",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> set = new("--set")
        {
            Description = "Values of a member, each trained: --set inner.rate=0.01,0.02; of several options all combinations",
        };
        Option<int?> seeds = CommonOptions.Whole(
            "--seeds",
            "Trainings of each combination: with the recipe's seed and those that follow it; 1 by default",
            1,
            1000
        );
        Option<int?> episodes = CommonOptions.Whole("--episodes", "Tasks that each training is measured on; 600 by default", 1, 1_000_000);
        Option<string> split = new("--split")
        {
            Description = "Where these come from: validation to choose by, test for final figures",
            DefaultValueFactory = _ => "validation",
        };
        _ = split.AcceptOnlyFromAmong("validation", "test");
        Option<string> steps = new("--steps")
        {
            Description = "Columns: numbers of adaptation steps",
            DefaultValueFactory = _ => "0,1,5,10",
        };
        Option<int?> threads = CommonOptions.Threads("Tasks at a time");
        Option<string> output = new("--out")
        {
            Description = "Folder of results and checkpoints; go on with the same one",
            Required = true,
        };
        Option<string?> plot = new("--plot") { Description = "Write a picture of the table here: PNG" };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "sweep",
            "Train recipes with several seeds and values, and put the results into a table; goes on where it was stopped"
        )
        {
            models,
            set,
            seeds,
            episodes,
            split,
            steps,
            threads,
            output,
            plot,
            data,
            json,
        };
        command.Validators.Add(result =>
        {
            if (MpiLauncher.Find(Environment.GetEnvironmentVariable) is { } launcher && (launcher.Count > 1 || launcher.Rank > 0))
            {
                result.AddError($"sweep runs in one process, and {launcher.Name} started several; only train shares its work among them.");
            }

            foreach (string wrong in (result.GetValue(set) ?? []).Where(s => s.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--set takes MEMBER=VALUE,VALUE, as in inner.rate=0.01,0.02; got '{wrong}'.");
            }

            foreach (
                IGrouping<string, string> twice in (result.GetValue(set) ?? [])
                    .GroupBy(s => s.Split('=')[0], StringComparer.Ordinal)
                    .Where(group => group.Count() > 1)
            )
            {
                result.AddError(
                    $"--set {twice.Key} stands {twice.Count()} times; expected all values in one: --set {twice.Key}=VALUE,VALUE."
                );
            }

            if (
                result.GetValue(steps) is { } list
                && !list.Split(',').All(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            )
            {
                result.AddError($"--steps takes numbers separated by commas, as in 0,1,5,10; got '{list}'.");
            }
        });
        command.SetAction(
            (parsed, cancellation) =>
                Task.Run(
                    () =>
                    {
                        (string Member, IReadOnlyList<string> Values)[] choices =
                        [
                            .. (parsed.GetValue(set) ?? [])
                                .Select(s => s.Split('=', 2))
                                .Select(p => (p[0], (IReadOnlyList<string>)p[1].Split(','))),
                        ];
                        SweepSetting[] settings = [.. parsed.GetRequiredValue(models).SelectMany(m => Settings(m, choices))];
                        Sweep sweep = new(
                            parsed.GetRequiredValue(output),
                            DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)),
                            TimeProvider.System
                        )
                        {
                            Threads = parsed.GetValue(threads) ?? Environment.ProcessorCount,
                            Seeds = parsed.GetValue(seeds) ?? 1,
                            Episodes = parsed.GetValue(episodes) ?? 600,
                            Split = Enum.Parse<Split>(parsed.GetValue(split)!, ignoreCase: true),
                        };
                        IReadOnlyList<SweepRow> rows = TrainingConsole.Watch(
                            "sweep",
                            view => sweep.Run(settings, view.Begin, view, cancellation)
                        );
                        int[] columns = [.. parsed.GetValue(steps)!.Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
                        SweepTable table = SweepTable.Of(rows, columns);
                        Output.Write(parsed.GetValue(json), table, table.ToString());
                        if (parsed.GetValue(plot) is { } picture)
                        {
                            SweepPlot.Write(table, picture);
                        }

                        return cancellation.IsCancellationRequested ? ExitCodes.Interrupted : 0;
                    },
                    CancellationToken.None
                )
        );
        return command;
    }

    private static IReadOnlyList<SweepSetting> Settings(string model, IReadOnlyList<(string Member, IReadOnlyList<string> Values)> choices)
    {
        string file = Path.GetFullPath(Directory.Exists(model) ? Path.Combine(model, "recipe.json") : model);
        if (!File.Exists(file))
        {
            throw new BundleException($"{file}: there is no recipe here.");
        }

        string name =
            Path.GetFileName(file) == "recipe.json"
                ? Path.GetFileName(Path.GetDirectoryName(file)!)
                : Path.GetFileNameWithoutExtension(file);
        return SweepSetting.Combinations(name, File.ReadAllText(file), choices, Recipe.BesideOf(file));
    }
}
