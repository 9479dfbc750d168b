using System.CommandLine;
using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Cli.Commands;

/// <summary><c>kindling predict</c> and <c>kindling bake</c>.</summary>
internal static class PredictCommand
{
    private const float DefaultScore = 0.3f;

    public static Command Create()
    {
        Argument<string> bundle = new("bundle") { Description = "Bundle folder or .kindling file" };
        Argument<string[]> inputs = new("input")
        {
            Description =
                "Pictures or WAV files, folders of them, CSV files, or texts and .txt files; for a language model texts or files of any name",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> adapted = new("--adapted") { Description = "Delta file that `kindling adapt` wrote" };
        Option<string?> before = new("--before")
        {
            Description = "For a language model: a text that was read before, to be copied from, such as the one it was adapted to",
        };
        Option<string?> draw = new("--draw")
        {
            Description = "For a detector: folder that gets the pictures as PNG files with the objects' boxes",
        };
        Option<float?> score = new("--score") { Description = "For a detector: least score of an object, 0 to 1 (0.3 by default)" };
        score.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(float.TryParse(token.Value, out float value) && value is >= 0 and <= 1))
            {
                result.AddError($"--score takes 0 to 1, got '{token.Value}'.");
            }
        });
        Option<string> provider = CommonOptions.Provider();
        Option<int?> device = CommonOptions.Device();
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "predict",
            "Labels and scores, or values; of a detector objects and their boxes; of a language model how well it predicts a text, and what may come next"
        )
        {
            bundle,
            inputs,
            adapted,
            before,
            draw,
            score,
            provider,
            device,
            json,
        };
        command.SetAction(
            (parsed, cancellation) =>
                InputReader.Rejecting(() =>
                {
                    AdaptOptions options = new()
                    {
                        Provider = CommonOptions.Choose(parsed.GetRequiredValue(provider), parsed.GetValue(device) ?? 0),
                        Device = parsed.GetValue(device) ?? 0,
                    };
                    using AdaptableModel model = AdaptableModel.Open(parsed.GetRequiredValue(bundle), options);
                    using Learner learner = Learner(model, parsed.GetValue(adapted));
                    bool text = !parsed.GetValue(json);
                    List<object> results = [];
                    if (!model.Manifest.IsDetection && (parsed.GetValue(draw) is not null || parsed.GetValue(score) is not null))
                    {
                        throw new BundleException($"--draw and --score are for detectors; '{model.Manifest.Name}' is none.");
                    }

                    if (!model.Manifest.IsLanguage && parsed.GetValue(before) is not null)
                    {
                        throw new BundleException($"--before is for language models; '{model.Manifest.Name}' is none.");
                    }

                    if (model.Manifest.IsLanguage)
                    {
                        Continue(learner, parsed.GetRequiredValue(inputs), parsed.GetValue(before), text);
                        return Task.FromResult(0);
                    }

                    if (model.Manifest.IsDetection)
                    {
                        foreach (
                            (string name, IReadOnlyList<Detection> found) in DetectionConsole.Detect(
                                learner,
                                parsed.GetRequiredValue(inputs),
                                parsed.GetValue(score) ?? DefaultScore,
                                parsed.GetValue(draw),
                                cancellation
                            )
                        )
                        {
                            results.Add(DetectionConsole.Json(name, found));
                            if (text)
                            {
                                Console.Out.WriteLine(DetectionConsole.Text(name, found));
                            }
                        }

                        if (!text)
                        {
                            Output.Write(json: true, new { predictions = results }, "");
                        }

                        return Task.FromResult(0);
                    }

                    foreach (
                        (string name, FloatTensor input) in InputReader.Inputs(
                            model.Manifest,
                            parsed.GetRequiredValue(inputs),
                            learner.Invert
                        )
                    )
                    {
                        cancellation.ThrowIfCancellationRequested();
                        Prediction prediction = learner.Predict(input);
                        if (text)
                        {
                            Console.Out.WriteLine($"{name}\t{Line(prediction)}");
                        }
                        else
                        {
                            results.Add(Result(name, prediction));
                        }
                    }

                    if (!text)
                    {
                        Output.Write(json: true, new { predictions = results }, "");
                    }

                    return Task.FromResult(0);
                })
        );
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
            using AdaptableModel model = AdaptableModel.Open(parsed.GetRequiredValue(bundle));
            using Learner learner = Learner(model, parsed.GetRequiredValue(adapted));
            learner.Bake(parsed.GetRequiredValue(output));
        });
        return command;
    }

    private static void Continue(Learner learner, string[] inputs, string? before, bool text)
    {
        byte[] read = before is null ? [] : LanguagePrediction.Read(before);
        (object Json, string Text)[] results =
        [
            .. inputs.Select(input => LanguagePrediction.Of(learner, input, LanguagePrediction.Read(input), read)),
        ];
        Output.Write(
            !text,
            new { predictions = results.Select(result => result.Json) },
            string.Join(Environment.NewLine, results.Select(result => result.Text))
        );
    }

    private static Learner Learner(AdaptableModel model, string? delta) => delta is null ? model.CreateLearner() : model.OpenLearner(delta);

    private static object Result(string name, Prediction prediction)
    {
        if (prediction.Label is null)
        {
            return new { input = name, values = prediction.Values };
        }

        Dictionary<string, float> scores = prediction.Names.Zip(prediction.Values).ToDictionary(StringComparer.Ordinal);
        return prediction.IsConfident is { } confident
            ? new
            {
                input = name,
                label = prediction.Label,
                scores,
                confidence = prediction.Confidence,
                confident,
            }
            : new
            {
                input = name,
                label = prediction.Label,
                scores,
            };
    }

    /// <summary>The label, or "none of these" where the learner says so, then all scores from the highest down; or the values.</summary>
    private static string Line(Prediction prediction) =>
        prediction.Label is null
            ? string.Join(' ', prediction.Values.Select(Number))
            : $"{(prediction.IsConfident == false ? "(none of these)" : prediction.Label)}\t{string.Join(' ', prediction.Names.Zip(prediction.Values).OrderByDescending(p => p.Second).Select(p => $"{p.First}={Number(p.Second)}"))}";

    private static string Number(float value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
