using System.Text.Json;
using Kindling.Bundles;
using Kindling.Export;
using Kindling.Export.Training;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Elsewhere.Tests;

/// <summary>
/// The training artifacts in the real engine, the training build of ONNX Runtime 1.19.2 as WebAssembly, against the bundle's adapt graph: 20 steps on the
/// first reference episode. That build cannot set the learning rate, so that the optimiser models here have it inside. Needs Node with npm.
/// </summary>
[NonParallelizable]
public sealed class OrtTrainingTests
{
    private const int Steps = 20;

    /// <summary>A model whose bundle is not committed: it has a row where somebody has exported it.</summary>
    private const string LanguageModel = "udhr-4k";

    /// <summary>The rate of a session where nothing sets it.</summary>
    private const double SessionRate = 0.001;

    private static readonly TestCaseData[] Rows =
    [
        .. JavaScript.Models.Where(model => model != JavaScript.Detector).Select(model => Row(model, "sgd", 1e-5)),
        Row(JavaScript.Detector, "adam", 1e-4),
        Row(JavaScript.Policy, "sgd", 1e-5, JavaScript.PolicySteps),
        Row("sinusoid", "adam", 1e-4),
        Row("glyphs-5w1s", "adamw", 1e-4),
        .. Directory.Exists(Bundle(LanguageModel)) ? [Row(LanguageModel, "adam", 1e-4)] : (TestCaseData[])[],
    ];

    [OneTimeSetUp]
    public void InstallPackages() => JavaScript.Install();

    [TestCaseSource(nameof(Rows))]
    public void Train_InOnnxRuntimeTraining_IsTheInnerLoop(string model, string optimizer, double tolerance, int steps)
    {
        using BundleFiles files = BundleFiles.Open(Bundle(model));
        BundleManifest manifest = files.Manifest;
        Recipe recipe = Recipe.Parse(manifest.Recipe!.Value.GetRawText(), model);
        bool owns = optimizer == recipe.Inner.Optimizer;
        InnerSpec inner = new()
        {
            Optimizer = optimizer,
            Rate = owns ? recipe.Inner.Rate : 0.002,
            Epsilon = owns ? recipe.Inner.Epsilon : 1e-8,
            Loss = recipe.Inner.Loss,
            WeightDecay = optimizer == "adamw" ? 0.05 : 0,
        };
        NetworkGraphs network = NetworkCatalogue.Build(
            recipe.Network,
            [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)],
            manifest.Output.Count
        );
        Dictionary<string, FloatTensor> theta = new(files.ReadTensors(BundleManifest.ThetaFileName).Tensors);
        IReadOnlyDictionary<string, FloatTensor> episodes = files.ReadTensors("reference/episodes.safetensors").Tensors;
        FloatTensor x = episodes["0.support.x"];
        FloatTensor y = episodes["0.support.y"];
        string folder = Path.Combine(JavaScript.Work, "training", $"{model}-{optimizer}");
        Directory.CreateDirectory(folder);
        FloatTensor[] own =
        [
            .. network.Parameters.Select(p => owns ? theta[GraphSignature.Rate(p.Name)] : new FloatTensor([1], [(float)inner.Rate])),
        ];
        SessionRates rates = SessionRates.Of(inner, own, out _)!;
        foreach (
            (string name, byte[] bytes) in TrainingArtifacts.Create(
                network,
                inner,
                rates,
                manifest.IsClassification,
                theta,
                (float)(rates.Session[0] / SessionRate)
            )
        )
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
        }

        File.WriteAllText(Path.Combine(folder, "data.json"), Data(manifest, x, y));
        (int code, string output, string errors) = JavaScript.Run("node", JavaScript.Script("training.mjs"), $"{steps}", folder);
        Assert.That(code, Is.Zero, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement result = document.RootElement[0];

        (float[] losses, float[] parameters, float[] outputs) = Adapt(network, inner, own, manifest, theta, x, y, steps);
        float[] got = JavaScript.Floats(result.GetProperty("losses"));
        float[] weights = JavaScript.Floats(result.GetProperty("parameters"));
        double loss = losses.Zip(got, (a, b) => Math.Abs((double)a - b) / Math.Max(0.01, Math.Abs(a))).Max();
        double relative = Distance(weights, parameters);
        TestContext.Out.WriteLine($"{model}, {optimizer}: losses {loss:0.0e+0}, parameters {relative:0.0e+0}");
        Assert.That(got, Has.Length.EqualTo(steps + 1));
        Assert.That(weights, Has.Length.EqualTo(parameters.Length));
        Assert.That(losses[^1], Is.Not.EqualTo(losses[0]).Within(1e-3), "something was learnt");
        Assert.That(relative, Is.LessThan(tolerance));
        Assert.That(loss, Is.LessThan(tolerance));
        if (manifest.Statistics.Count == 0)
        {
            // With statistics the evaluation uses those of the checkpoint, which this build cannot set one by one.
            Assert.That(Distance(JavaScript.Floats(result.GetProperty("evaluation")[1]), outputs), Is.LessThan(10 * tolerance));
        }
    }

    /// <summary>The adapt graph step by step in ONNX Runtime, as Kindling.Adapt runs it; then the outputs at the parameters reached.</summary>
    private static (float[] Losses, float[] Parameters, float[] Outputs) Adapt(
        NetworkGraphs network,
        InnerSpec inner,
        FloatTensor[] rates,
        BundleManifest manifest,
        IReadOnlyDictionary<string, FloatTensor> theta,
        FloatTensor x,
        FloatTensor y,
        int steps
    )
    {
        Graph graph = BundleGraphs.Adapt(network, inner, manifest.IsClassification);
        Dictionary<string, OrtValue> feeds = [];
        foreach (Value input in graph.Inputs)
        {
            feeds[input.Name] = input.Name switch
            {
                "x" => Value(x),
                "y" when manifest.IsClassification => OrtValue.CreateTensorValueFromMemory(
                    Array.ConvertAll(y.Values, label => (long)label),
                    [y.Count]
                ),
                "y" => Value(y),
                "mask" => Value(Mask(manifest, y)),
                _ when theta.TryGetValue(input.Name, out FloatTensor? parameter)
                        && !input.Name.EndsWith(".rate", StringComparison.Ordinal) => Value(parameter),
                _ when input.Name.EndsWith(".rate", StringComparison.Ordinal) => Value(
                    FloatTensor.Scalar(
                        rates[network.Parameters.TakeWhile(p => GraphSignature.Rate(p.Name) != input.Name).Count()].Values[0]
                    )
                ),
                _ => Value(FloatTensor.Zeros([.. input.Shape.ToSizes().Select(size => (int)size)])),
            };
        }

        List<float> losses = [];
        using RunOptions options = new();
        using InferenceSession session = new(OnnxWriter.ToBytes(graph));
        for (int step = 0; ; step++)
        {
            IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, feeds, session.OutputNames);
            losses.Add(outputs[0].GetTensorDataAsSpan<float>()[0]);
            if (step == steps)
            {
                break;
            }

            for (int i = 1; i < outputs.Count; i++)
            {
                string name = session.OutputNames[i][..^".next".Length];
                if (feeds.ContainsKey(name))
                {
                    feeds[name] = outputs[i];
                }
            }
        }

        using InferenceSession evaluation = new(OnnxWriter.ToBytes(BundleGraphs.Infer(network, inner, manifest.IsClassification)));
        foreach (ManifestStatistic statistic in manifest.Statistics)
        {
            feeds[statistic.Name] = Value(theta[statistic.Name]);
        }

        using IDisposableReadOnlyCollection<OrtValue> result = evaluation.Run(
            options,
            evaluation.InputNames.ToDictionary(name => name, name => feeds[name]),
            ["output"]
        );
        float[] parameters = [.. network.Parameters.SelectMany(p => feeds[p.Name].GetTensorDataAsSpan<float>().ToArray())];
        return ([.. losses], parameters, result[0].GetTensorDataAsSpan<float>().ToArray());
    }

    private static FloatTensor Mask(BundleManifest manifest, FloatTensor y)
    {
        float[] mask = new float[manifest.Output.Count];
        mask.AsSpan(0, (int)y.Values.Max() + 1).Fill(1);
        return new FloatTensor([mask.Length], mask);
    }

    private static OrtValue Value(FloatTensor tensor) =>
        OrtValue.CreateTensorValueFromMemory(tensor.Values, [.. tensor.Shape.Select(size => (long)size)]);

    private static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (p, q) => Math.Pow((double)p - q, 2)).Sum() / b.Sum(q => (double)q * q));

    private static string Data(BundleManifest manifest, FloatTensor x, FloatTensor y)
    {
        object Input(string name, string type, FloatTensor tensor) =>
            new
            {
                name,
                type,
                shape = tensor.Shape,
                data = tensor.Values,
            };
        return JsonSerializer.Serialize(
            manifest.IsClassification
                ? new[] { Input("x", "float32", x), Input("y", "int64", y), Input("mask", "float32", Mask(manifest, y)) }
                : [Input("x", "float32", x), Input("y", "float32", y)]
        );
    }

    private static string Bundle(string model) =>
        model == LanguageModel ? Root.Combine("models", model, "build") : JavaScript.Bundle(model);

    private static TestCaseData Row(string model, string optimizer, double tolerance, int steps = Steps) =>
        new TestCaseData(model, optimizer, tolerance, steps).SetArgDisplayNames(model, optimizer);
}
