using System.Text.Json;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Elsewhere.Tests;

/// <summary>
/// The released bundles adapted by ONNX Runtime for JavaScript, with the sample of the documentation, against Kindling.Adapt: 10 steps on the first reference
/// episode. Needs Node with npm; the browser's rows need Chromium, and WebGPU an adapter, which may be a software one.
/// </summary>
[NonParallelizable]
public sealed class JavaScriptTests
{
    private const int Steps = 10;
    private const double Tolerance = 1e-4;

    private static readonly string[] Policy = [JavaScript.Policy];

    /// <summary>Computing on a WebGPU adapter in software is slow, and the Omniglot models have the operators of the glyphs.</summary>
    private static readonly TestCaseData[] Engines =
    [
        new("node", JavaScript.Models, Steps),
        new("node", Policy, JavaScript.PolicySteps),
        new("wasm", JavaScript.Models, Steps),
        new("wasm", Policy, JavaScript.PolicySteps),
        new("webgpu", JavaScript.Models[..3], Steps),
    ];

    [OneTimeSetUp]
    public void InstallPackages() => JavaScript.Install();

    [TestCaseSource(nameof(Engines))]
    public void Adapt_InJavaScript_GivesTheSameWeights(string engine, string[] models, int steps)
    {
        if (engine != "node")
        {
            JavaScript.RequireChromium();
        }

        string[] bundles = [.. models.Select(JavaScript.Bundle)];
        (int code, string output, string errors) = JavaScript.Run("node", [JavaScript.Script("main.mjs"), engine, $"{steps}", .. bundles]);
        Assert.That(code, Is.Zero, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        if (document.RootElement.ValueKind == JsonValueKind.String)
        {
            Assert.Ignore($"Needs another machine: {document.RootElement.GetString()}.");
        }

        JsonElement[] results = [.. document.RootElement.EnumerateArray()];
        Assert.That(results, Has.Length.EqualTo(bundles.Length));
        for (int i = 0; i < bundles.Length; i++)
        {
            (float[] losses, IReadOnlyDictionary<string, FloatTensor> expected) = Adapt(bundles[i], steps);
            float[] got = JavaScript.Floats(results[i].GetProperty("losses"));
            JsonElement parameters = results[i].GetProperty("parameters");
            Assert.That(parameters.EnumerateObject().Select(p => p.Name), Is.EquivalentTo(expected.Keys));
            (double difference, double size) = (0, 0);
            foreach ((string name, FloatTensor tensor) in expected)
            {
                float[] values = JavaScript.Floats(parameters.GetProperty(name));
                Assert.That(values, Has.Length.EqualTo(tensor.Count), name);
                difference += values.Zip(tensor.Values, (a, b) => Math.Pow((double)a - b, 2)).Sum();
                size += tensor.Values.Sum(b => (double)b * b);
            }

            double relative = Math.Sqrt(difference / size);
            double loss = losses.Zip(got, (a, b) => Math.Abs((double)a - b) / Math.Max(0.01, Math.Abs(a))).Max();
            TestContext.Out.WriteLine($"{engine}, {models[i]}: parameters {relative:0.0e+0}, losses {loss:0.0e+0}");
            Assert.That(relative, Is.LessThan(Tolerance), $"{engine}, {models[i]}");
            Assert.That(loss, Is.LessThan(Tolerance), $"{engine}, {models[i]}");
        }
    }

    private static (float[] Losses, IReadOnlyDictionary<string, FloatTensor> Parameters) Adapt(string bundle, int steps)
    {
        using BundleFiles files = BundleFiles.Open(bundle);
        IReadOnlyDictionary<string, FloatTensor> episodes = files.ReadTensors("reference/episodes.safetensors").Tensors;
        FloatTensor x = episodes["0.support.x"];
        FloatTensor y = episodes["0.support.y"];
        using AdaptableModel model = AdaptableModel.Open(bundle);
        using Learner learner = model.CreateLearner();
        SupportSet support = model.Manifest.IsClassification
            ? SupportSet.FromTensors(
                x,
                [.. y.Values.Select(value => (int)value)],
                [.. Enumerable.Range(0, (int)y.Values.Max() + 1).Select(slot => $"{slot}")]
            )
            : SupportSet.FromTargets(x, y);
        List<float> losses = [];
        IReadOnlyDictionary<string, FloatTensor> last = new Dictionary<string, FloatTensor>();
        learner.Trace(
            support,
            steps,
            point =>
            {
                losses.Add(point.Loss);
                last = point.Parameters();
            }
        );
        return ([.. losses], last);
    }
}
