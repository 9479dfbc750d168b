using System.CommandLine;
using Kindling.Evaluate;
using Kindling.Evaluate.Plots;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling eval</c>.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<int> episodes = new("--episodes")
        {
            Description = "Test episodes",
            DefaultValueFactory = _ => EvaluationOptions.DefaultEpisodes,
        };
        Option<int?> ways = new("--ways") { Description = "Classes of an episode instead of the recipe's; at most the head's slots" };
        Option<int?> shots = new("--shots") { Description = "Support examples a class instead of the recipe's" };
        Option<int?> queries = new("--queries") { Description = "Query examples a class instead of the recipe's" };
        Option<int?> steps = new("--steps") { Description = "Adaptation steps instead of the bundle's" };
        Option<string> engine = new("--engine")
        {
            Description = "ort: ONNX Runtime, as in apps; torch: the trainer's inner loop",
            DefaultValueFactory = _ => EvaluationOptions.OrtEngine,
        };
        Option<string> provider = CommonOptions.Provider();
        Option<int?> device = CommonOptions.Device();
        Option<string?> source = new("--source") { Description = "Class folders or a CSV file to test on instead of the recipe's tasks" };
        Option<bool> oneShotRuns = new("--one-shot-runs")
        {
            Description = "Test on the 20 runs of Omniglot's one-shot classification (Lake et al. 2015) instead of the recipe's tasks",
        };
        Option<string?> joint = new("--joint")
        {
            Description =
                "Weights (.safetensors) of a joint training to compare with instead of the bundle's, with the network's parameters",
        };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the episodes",
            DefaultValueFactory = _ => EvaluationOptions.DefaultSeed,
        };
        Option<string?> plot = new("--plot") { Description = "Draw the result into this PNG file as well" };
        Option<bool> json = CommonOptions.Json();
        _ = engine.AcceptOnlyFromAmong(EvaluationOptions.OrtEngine, EvaluationOptions.TorchEngine);
        Command command = new("eval", "Metric after every adaptation step on test tasks, beside the baselines")
        {
            bundle,
            episodes,
            ways,
            shots,
            queries,
            steps,
            engine,
            provider,
            device,
            source,
            oneShotRuns,
            joint,
            data,
            seed,
            plot,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(oneShotRuns))
            {
                foreach (Option option in new Option[] { episodes, ways, shots, queries, source })
                {
                    if (result.GetResult(option) is { Implicit: false })
                    {
                        result.AddError($"--one-shot-runs are 20 tasks of 20 ways, one shot and one query: {option.Name} does not apply.");
                    }
                }
            }
        });
        command.SetAction(parsed =>
        {
            EvaluationOptions options = new()
            {
                Episodes = parsed.GetValue(episodes),
                Ways = parsed.GetValue(ways),
                Shots = parsed.GetValue(shots),
                Queries = parsed.GetValue(queries),
                Steps = parsed.GetValue(steps),
                Seed = parsed.GetValue(seed),
                Engine = parsed.GetRequiredValue(engine),
                Provider = CommonOptions.Choose(parsed.GetRequiredValue(provider), parsed.GetValue(device) ?? 0),
                Device = parsed.GetValue(device) ?? 0,
                Source = parsed.GetValue(source),
                OneShotRuns = parsed.GetValue(oneShotRuns),
                Joint = parsed.GetValue(joint),
                DataRoot = DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)),
            };
            if (ExitCodes.Refused(options.Validate()))
            {
                return ExitCodes.Usage;
            }

            EvaluationReport report = Evaluator.Evaluate(parsed.GetRequiredValue(bundle), options);
            Output.Write(parsed.GetValue(json), report, report.ToTable());
            if (parsed.GetValue(plot) is { } picture)
            {
                EvaluationPlot.Write(report, options, picture);
            }

            return 0;
        });
        return command;
    }
}
