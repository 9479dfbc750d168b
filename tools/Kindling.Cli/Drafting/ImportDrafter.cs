using System.Text.Json.Nodes;
using Kindling.Bundles;
using Kindling.Evaluate.Importing;

namespace Kindling.Cli.Drafting;

/// <summary>Writes a recipe for a model that somebody else exported.</summary>
internal static class ImportDrafter
{
    public const string CrossEntropy = "cross-entropy";
    public const string Own = "own";
    private const string Linear = "linear";
    private const int FewWays = 5;

    /// <summary>The recipe but for the network's file.</summary>
    /// <param name="result">The model.</param>
    /// <param name="data">The user's data, or null to adapt the model as it comes.</param>
    /// <param name="source">What the recipe calls them.</param>
    /// <param name="loss">The loss, or null for what data and outputs ask for.</param>
    /// <param name="head">The head, or null for what data and outputs ask for.</param>
    /// <param name="ways">Classes of a head of its own; null for as many as the model has outputs.</param>
    /// <exception cref="BundleException">They do not go together.</exception>
    public static Draft For(ImportResult result, string? data, string? source, string? loss, string? head, int? ways)
    {
        if (data is not null && ways is not null)
        {
            throw new BundleException($"--ways {ways}: how many classes a task has is chosen by {data}; expected --ways or --data.");
        }

        int outputs = result.Report.Outputs;
        Draft? drafted = data is null ? null : RecipeDrafter.For(data, source!);
        bool isClassification = drafted is null
            ? ways is not null || (loss is null ? outputs > 1 : loss == CrossEntropy)
            : drafted.Recipe["tasks"]!["ways"]!.GetValue<int>() > 1;
        string given = loss ?? (isClassification ? CrossEntropy : "mse");
        if (!isClassification && given == CrossEntropy)
        {
            throw new BundleException($"--loss {CrossEntropy} is for classes, {data} has numbers to predict: take mse, l1 or huber.");
        }

        if (isClassification && given is not (CrossEntropy or "mse"))
        {
            throw new BundleException($"--loss {given} is for numbers, {data ?? "--ways"} makes classes: take {CrossEntropy} or mse.");
        }

        string last = head ?? (isClassification && (drafted is not null || (ways ?? outputs) != outputs) ? Linear : Own);
        JsonObject inner = new()
        {
            ["rate"] = 0.01,
            ["clipNorm"] = 1,
            ["steps"] = drafted is null ? 1 : 3,
            ["adaptationSteps"] = drafted is null ? 20 : 5,
        };
        if (given is "l1" or "huber" || (isClassification && given == "mse"))
        {
            inner["loss"] = given;
        }

        JsonObject tasks = drafted is null
            ? Noise(result, isClassification ? ways ?? (last == Own ? outputs : FewWays) : 1, last)
            : Sized(drafted.Recipe["tasks"]!.DeepClone().AsObject(), result.InputShape);
        return new Draft(
            new JsonObject
            {
                ["network"] = new JsonObject { ["type"] = "onnx", ["head"] = last },
                ["tasks"] = tasks,
                ["algorithm"] = Algorithm(drafted is not null),
                ["inner"] = inner,
            },
            [
                last == Own
                    ? $"head: the model's own, {outputs} number(s) an example"
                    : $"head: a new {last} one on the model's {outputs} output(s)",
                isClassification ? $"classes, {given}" : $"numbers to predict, {given}",
                drafted is null
                    ? "no data to meta-train on: adaptation starts from the model's own weights (algorithm random), 20 steps of 0.01, each at most that long; with --data it would be meta-trained"
                    : "fomaml from the model's own weights, three steps of 0.01, each at most that long, in training and five in the app",
            ]
        );
    }

    private static JsonObject Algorithm(bool trains) =>
        new()
        {
            ["type"] = trains ? "fomaml" : "random",
            ["iterations"] = trains ? 2000 : 1,
            ["tasksPerBatch"] = trains ? 8 : 1,
            ["outerRate"] = 0.0003,
            ["schedule"] = trains ? "cosine" : "constant",
            ["validateEvery"] = trains ? 250 : 1,
            ["validationEpisodes"] = trains ? 100 : 1,
            ["checkpointEvery"] = trains ? 250 : 1,
        };

    private static JsonObject Noise(ImportResult result, int ways, string head)
    {
        JsonObject tasks = new()
        {
            ["type"] = "noise",
            ["shape"] = new JsonArray([.. result.InputShape.Select(s => (JsonNode)s)]),
            ["ways"] = ways,
            ["shots"] = ways > 1 ? 2 : 4,
            ["queries"] = ways > 1 ? 2 : 4,
        };
        if (ways == 1 && head == Own)
        {
            tasks["outputs"] = result.Report.Outputs;
        }

        return tasks;
    }

    // Pictures as large as the model wants them.
    private static JsonObject Sized(JsonObject tasks, IReadOnlyList<int> input)
    {
        (int Channels, int Height, int Width)? picture = input switch
        {
            [1 or 3, var h, var w] => (input[0], h, w),
            [var h, var w, 1 or 3] => (input[2], h, w),
            _ => null,
        };
        if (tasks["type"]!.GetValue<string>() != "images")
        {
            return tasks;
        }

        if (picture is not { } size || size.Height != size.Width)
        {
            throw new BundleException(
                $"the model takes [{string.Join(", ", input)}], pictures are [1 or 3, size, size] or [size, size, 1 or 3]."
            );
        }

        tasks["size"] = size.Width;
        tasks["channels"] = size.Channels;
        return tasks;
    }
}
