using System.Diagnostics;
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

    private static readonly string[] Models = ["linear", "sinusoid", "glyphs-5w1s", "omniglot-5w1s", "omniglot-5w1s-paper"];

    /// <summary>Computing on a WebGPU adapter in software is slow, and the Omniglot models have the operators of the glyphs.</summary>
    private static readonly TestCaseData[] Engines =
    [
        new("node", Models),
        new("wasm", Models),
        new("webgpu", Models[..3]),
    ];

    private static readonly string Here = Path.Combine(Root, "tests", "Elsewhere");
    private static readonly string Work = Path.Combine(Root, "artifacts", "elsewhere");

    private static string Root
    {
        get
        {
            string folder = TestContext.CurrentContext.TestDirectory;
            while (!File.Exists(Path.Combine(folder, "Pipeline.sln")))
            {
                folder = Path.GetDirectoryName(folder)!;
            }

            return folder;
        }
    }

    [OneTimeSetUp]
    public void InstallPackages()
    {
        if (!Runs("node", "--version") || !Runs("npm", "--version"))
        {
            Assert.Ignore("Needs Node with npm (Debian: apt-get install nodejs npm).");
        }

        Directory.CreateDirectory(Work);
        string installed = Path.Combine(Work, "installed.json");
        string wanted = File.ReadAllText(Path.Combine(Here, "package-lock.json"));
        if (File.Exists(installed) && File.ReadAllText(installed) == wanted)
        {
            return;
        }

        File.Copy(Path.Combine(Here, "package.json"), Path.Combine(Work, "package.json"), overwrite: true);
        File.Copy(Path.Combine(Here, "package-lock.json"), Path.Combine(Work, "package-lock.json"), overwrite: true);
        (int code, _, string errors) = Run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        if (code != 0)
        {
            Assert.Ignore($"Needs packages of npm: {errors}");
        }

        File.WriteAllText(installed, wanted);
    }

    [TestCaseSource(nameof(Engines))]
    public void Adapt_InJavaScript_GivesTheSameWeights(string engine, string[] models)
    {
        if (engine != "node" && !File.Exists(Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium"))
        {
            Assert.Ignore("Needs Chromium (Debian: apt-get install chromium), or its path in CHROMIUM.");
        }

        string[] bundles = [.. models.Select(model => Path.Combine(Root, "models", model, "bundle"))];
        (int code, string output, string errors) = Run("node", [Path.Combine(Here, "main.mjs"), engine, $"{Steps}", .. bundles]);
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
            (float[] losses, IReadOnlyDictionary<string, FloatTensor> expected) = Adapt(bundles[i]);
            float[] got = Floats(results[i].GetProperty("losses"));
            JsonElement parameters = results[i].GetProperty("parameters");
            Assert.That(parameters.EnumerateObject().Select(p => p.Name), Is.EquivalentTo(expected.Keys));
            (double difference, double size) = (0, 0);
            foreach ((string name, FloatTensor tensor) in expected)
            {
                float[] values = Floats(parameters.GetProperty(name));
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

    private static (float[] Losses, IReadOnlyDictionary<string, FloatTensor> Parameters) Adapt(string bundle)
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
            Steps,
            point =>
            {
                losses.Add(point.Loss);
                last = point.Parameters();
            }
        );
        return ([.. losses], last);
    }

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];

    private static bool Runs(string program, string argument)
    {
        try
        {
            return Run(program, argument).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Code, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Directory.Exists(Work) ? Work : Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
