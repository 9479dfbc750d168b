using System.CommandLine;
using Kindling.Adapt;
using Kindling.Evaluate.Benchmarks;
using Kindling.Export;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling bench</c> with <c>adapt</c>, <c>profile</c>, <c>passes</c>, <c>train</c>, <c>start</c>, <c>rollouts</c>, <c>learners</c> and <c>all</c>.</summary>
internal static class BenchCommand
{
    private const string Child = "first-prediction";

    public static Command Create() =>
        new("bench", "Measure speed on this machine")
        {
            CreateAdapt(),
            CreateProfile(),
            CreatePasses(),
            CreateTrain(),
            CreateStart(),
            CreateRollouts(),
            CreateLearners(),
            CreateAll(),
            CreateChild(),
        };

    private static Command CreateAdapt()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<int?> threads = CommonOptions.Threads("Threads within one run; 1 by default");
        Option<bool> json = CommonOptions.Json();
        Option<string> provider = CommonOptions.Provider("What both compute on", ExecutionProvider.Cpu, ExecutionProvider.Cuda);
        Option<int?> device = CommonOptions.Device();
        Command command = new("adapt", "Time of an adaptation step on ONNX Runtime beside the same step on libtorch")
        {
            bundle,
            threads,
            provider,
            device,
            json,
        };
        command.SetAction(parsed =>
        {
            AdaptBenchmarkReport report = AdaptBenchmark.Measure(
                parsed.GetRequiredValue(bundle),
                parsed.GetValue(threads) ?? 1,
                TimeProvider.System,
                Enum.Parse<ExecutionProvider>(parsed.GetRequiredValue(provider), ignoreCase: true),
                parsed.GetValue(device) ?? 0
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateProfile()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("profile", "Where the time of an adaptation step goes, by operator") { bundle, json };
        command.SetAction(parsed =>
        {
            StepProfileReport report = StepProfile.Measure(parsed.GetRequiredValue(bundle));
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreatePasses()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("passes", "Nodes, planned memory and time of an adaptation step before and after each graph pass")
        {
            bundle,
            json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(bundle);
            PassBenchmarkReport report = PassBenchmark.Measure(
                path,
                (network, inner, classification) =>
                    BundleGraphs.AdaptStages(FrozenPrefix.Of(network)?.Rest ?? network, inner, classification),
                TimeProvider.System
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateTrain()
    {
        Argument<string> model = new("model") { Description = "Folder with recipe.json, as in models/sinusoid" };
        Option<int?> threads = CommonOptions.Threads("Tasks at a time; by default as many as there are cores");
        Option<string?> data = Data();
        Option<bool> json = CommonOptions.Json();
        Option<string?> engine = CommonOptions.Engine();
        Option<string> device = TrainingOptions.Device();
        Option<double?> memory = TrainingOptions.Memory();
        Option<string> precision = TrainingOptions.Precision();
        Option<int?> seconds = CommonOptions.Whole("--seconds", "Seconds of each of the three runs; 10 by default", 1, 3600);
        Command command = new(
            "train",
            "Training tasks a second, second order as the recipe says and first order, beside MAML written by hand for libtorch; one to two and a half minutes"
        )
        {
            model,
            threads,
            engine,
            device,
            memory,
            precision,
            seconds,
            data,
            json,
        };
        TrainingOptions.CheckPrecision(command, device, precision);
        command.SetAction(parsed =>
        {
            Recipe recipe = Recipe.Read(parsed.GetRequiredValue(model));
            ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, Root(parsed, data));
            TrainBenchmarkReport report = TrainBenchmark.Measure(
                parsed.GetValue(engine) is { } name ? recipe.WithEngine(name) : recipe,
                tasks,
                parsed.GetValue(threads) ?? Environment.ProcessorCount,
                TimeProvider.System,
                handWritten: true,
                TrainingOptions.Choose(parsed.GetRequiredValue(device), parsed.GetValue(memory), parsed.GetRequiredValue(precision)),
                parsed.GetValue(seconds) is { } length ? TimeSpan.FromSeconds(length) : null
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateStart()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<bool> json = CommonOptions.Json();
        Command command = new("start", "Time from the start of a process to its first adapted prediction") { bundle, json };
        command.SetAction(parsed =>
        {
            StartBenchmarkReport report = StartBenchmark.Measure(
                parsed.GetRequiredValue(bundle),
                Program(),
                ["bench", Child],
                TimeProvider.System
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateRollouts()
    {
        Argument<string[]> families = new("families")
        {
            Description = $"Families of worlds to act in: {string.Join(", ", TaskFamilies.ControlTypes)}; all if none is named",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<int?> threads = CommonOptions.Threads("Tasks at a time; 1 by default");
        Option<bool> json = CommonOptions.Json();
        Command command = new("rollouts", "Steps a second of worlds to act in, alone and with a policy; 13 seconds a family")
        {
            families,
            threads,
            json,
        };
        command.SetAction(parsed =>
        {
            string[] named = parsed.GetValue(families) ?? [];
            RolloutBenchmarkReport report = RolloutBenchmark.Measure(
                named.Length > 0 ? named : TaskFamilies.ControlTypes,
                parsed.GetValue(threads) ?? 1,
                TimeProvider.System
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateLearners()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<int?> learners = CommonOptions.Whole("--learners", "Learners in memory at once; 1000 by default", 1, 1_000_000);
        Option<int?> users = CommonOptions.Whole(
            "--users",
            "Users who adapt at the same time; 256 by default, at most the learners",
            1,
            1_000_000
        );
        Option<int?> adaptations = CommonOptions.Whole("--adaptations", "Adaptations in a row; 10000 by default", 10, int.MaxValue);
        Option<bool> json = CommonOptions.Json();
        Command command = new("learners", "Memory of many learners, time to reload one, memory over many adaptations, many users at once")
        {
            bundle,
            learners,
            users,
            adaptations,
            json,
        };
        command.SetAction(parsed =>
        {
            LearnersBenchmarkReport report = LearnersBenchmark.Measure(
                parsed.GetRequiredValue(bundle),
                parsed.GetValue(learners) ?? 1000,
                parsed.GetValue(adaptations) ?? 10_000,
                TimeProvider.System,
                parsed.GetValue(users) ?? LearnersBenchmark.Users
            );
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
        });
        return command;
    }

    private static Command CreateAll()
    {
        Argument<string> models = new("models") { Description = "Folder of models, as in models" };
        Option<string?> output = new("--out") { Description = "JSON file to write as well" };
        Option<int?> threads = CommonOptions.Threads(
            "Training tasks at a time, by default as many as there are cores; adaptation runs on one thread"
        );
        Option<string?> data = Data();
        Option<bool> json = CommonOptions.Json();
        Command command = new("all", "Every bundle and every recipe of a folder; minutes for each recipe")
        {
            models,
            output,
            threads,
            data,
            json,
        };
        command.SetAction(parsed =>
        {
            BenchmarkSuite suite = new()
            {
                Models = parsed.GetRequiredValue(models),
                DataRoot = Root(parsed, data),
                AdaptThreads = 1,
                TrainThreads = parsed.GetValue(threads) ?? Environment.ProcessorCount,
                Program = Program(),
                Arguments = ["bench", Child],
            };
            BenchmarkSuiteReport report = suite.Run(new ErrorLines(), TimeProvider.System);
            Output.Write(parsed.GetValue(json), report, BenchTable.Text(report));
            if (parsed.GetValue(output) is { } file)
            {
                Output.WriteFile(file, report);
            }
        });
        return command;
    }

    // What `bench start` starts.
    private static Command CreateChild()
    {
        Argument<string> bundle = new("bundle");
        Argument<string> episode = new("episode");
        Command command = new(Child) { bundle, episode };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            _ = FirstPrediction.Run(parsed.GetRequiredValue(bundle), parsed.GetRequiredValue(episode));
            Console.Out.WriteLine(FirstPrediction.Done);
        });
        return command;
    }

    private static string Program() => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "kindling.exe" : "kindling");

    private static Option<string?> Data() => new("--data") { Description = "Folder of data sets" };

    private static string Root(ParseResult parsed, Option<string?> data) =>
        DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName));

    private sealed class ErrorLines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
