using System.CommandLine;
using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling predict</c> and <c>kindling bake</c>.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Argument<string[]> inputs = new("input")
        {
            Description = "Pictures, folders of pictures or CSV files",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> adapted = new("--adapted") { Description = "Delta file that `kindling adapt` wrote" };
        Option<bool> json = new("--json") { Description = "One JSON object on standard output" };
        Command command = new("predict", "Labels and scores, or values") { bundle, inputs, adapted, json };
        command.SetAction(parsed =>
        {
            using AdaptableModel model = InputReader.Open(parsed.GetRequiredValue(bundle), null);
            using Learner learner = Learner(model, parsed.GetValue(adapted));
            List<object> results = [];
            foreach (
                (string name, FloatTensor input, string? applied) in InputReader.Inputs(model.Manifest, parsed.GetRequiredValue(inputs))
            )
            {
                Prediction prediction = learner.Predict(input);
                results.Add(
                    prediction.Label is null
                        ? new { input = name, values = prediction.Values }
                        : new
                        {
                            input = name,
                            label = prediction.Label,
                            scores = prediction
                                .Names.Zip(prediction.Values)
                                .ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal),
                        }
                );
                if (!parsed.GetValue(json))
                {
                    string values = string.Join(" ", prediction.Values.Select(v => v.ToString("0.0000", CultureInfo.InvariantCulture)));
                    Console.Out.WriteLine(prediction.Label is null ? $"{name}\t{values}" : $"{name}\t{prediction}\t[{applied}]");
                }
            }

            if (parsed.GetValue(json))
            {
                Output.Write(json: true, new { predictions = results }, "");
            }
        });
        return command;
    }

    public static Command CreateBake()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Option<string> adapted = new("--adapted") { Description = "Delta file that `kindling adapt` wrote", Required = true };
        Option<string> output = new("--out") { Description = "ONNX file to write", Required = true };
        Command command = new("bake", "Write a standalone ONNX model with a delta's weights") { bundle, adapted, output };
        command.SetAction(parsed =>
        {
            using AdaptableModel model = InputReader.Open(parsed.GetRequiredValue(bundle), null);
            using Learner learner = Learner(model, parsed.GetRequiredValue(adapted));
            learner.Bake(parsed.GetRequiredValue(output));
        });
        return command;
    }

    private static Learner Learner(AdaptableModel model, string? delta) => delta is null ? model.CreateLearner() : model.OpenLearner(delta);
}
