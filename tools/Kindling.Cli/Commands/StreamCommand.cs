using System.CommandLine;
using Kindling.Evaluate;
using Kindling.Evaluate.Streams;
using Kindling.Tasks;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling stream</c>.</summary>
internal static class StreamCommand
{
    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<int> streams = new("--streams") { Description = "Streams", DefaultValueFactory = _ => StreamOptions.DefaultStreams };
        Option<int?> segments = new("--segments")
        {
            Description =
                $"Tasks, languages or worlds of a stream ({StreamOptions.DefaultSegments}); a classification's segments are the classes of one task",
        };
        Option<int?> part = new("--part")
        {
            Description =
                "Examples that come together (1), or episodes of a policy (those of a step in the recipe); 0: each segment whole, so that the learner knows where it ends",
        };
        Option<int?> shots = new("--shots")
        {
            Description = "Examples of a segment instead of the recipe's, or episodes of a policy instead of three times those",
        };
        Option<int?> queries = new("--queries") { Description = "Query examples of a segment instead of the recipe's" };
        Option<string?> data = new("--data") { Description = "Folder of data sets" };
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the streams",
            DefaultValueFactory = _ => EvaluationOptions.DefaultSeed,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("stream", "What a learner keeps that follows streams of test tasks: forgetting, transfer, jumps that it sees")
        {
            bundle,
            streams,
            segments,
            part,
            shots,
            queries,
            data,
            seed,
            json,
        };
        command.SetAction(parsed =>
        {
            StreamOptions options = new()
            {
                Streams = parsed.GetValue(streams),
                Segments = parsed.GetValue(segments),
                Part = parsed.GetValue(part),
                Tasks = new EvaluationOptions
                {
                    Shots = parsed.GetValue(shots),
                    Queries = parsed.GetValue(queries),
                    Seed = parsed.GetValue(seed),
                    DataRoot = DataRoot.Find(parsed.GetValue(data), Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)),
                },
            };
            if (ExitCodes.Refused(options.Validate()))
            {
                return ExitCodes.Usage;
            }

            StreamEvaluationReport report = StreamEvaluator.Evaluate(parsed.GetRequiredValue(bundle), options);
            Output.Write(parsed.GetValue(json), report, report.ToTable());
            return 0;
        });
        return command;
    }
}
