using System.IO.Compression;
using System.Text.Json;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Tasks.Files;

namespace Kindling.Evaluate.Tests;

/// <summary>Bundles on Omniglot's one-shot runs, with a tiny data set of the same layout.</summary>
public sealed class OneShotRunsTests
{
    private const string Network = """{ "type": "conv4", "filters": 8, "normalization": "support", "head": "prototypes" }""";
    private const string Inner = """{ "rate": 0.01, "steps": 1, "adaptationSteps": 2 }""";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly TemporaryFolder data = new();
    private TrainedBundle lake = null!;

    [OneTimeSetUp]
    public void Train()
    {
        (string, int)[] background = [.. "ABCDEFG".Select(name => ($"{name}", 20))];
        TinyOmniglot.Write(data.Path, background, [("T", 20)]);
        _ = TinyOmniglot.WriteRuns(data.Path);
        lake = new TrainedBundle(Network, Tasks("\"split\": \"lake\", \"within\": \"alphabet\""), Inner);
    }

    [OneTimeTearDown]
    public void Delete()
    {
        lake.Dispose();
        data.Dispose();
    }

    // The figures are those of an app: pictures in, names out.
    [Test]
    public void Evaluate_OnRuns_IsWhatAnAppGetsOnePictureAtATime()
    {
        EvaluationReport report = Evaluator.Evaluate(lake.Path, new EvaluationOptions { OneShotRuns = true });
        using AdaptableModel model = AdaptableModel.Open(lake.Path);
        using ZipArchive zip = ZipFile.OpenRead(data["one_shot_all_runs.zip"]);
        int[] correct = [.. Enumerable.Range(1, 20).Select(n => Correct(model, zip, $"run{n:00}"))];

        Assert.That(report.OneShotRuns!.Correct, Is.EqualTo(correct));
        Assert.That(report.OneShotRuns.Trials, Is.EqualTo(400));
        Assert.That(report.OneShotRuns.Split, Is.EqualTo("lake"));
        Assert.That(report.Inductive.Mean[^1], Is.EqualTo(correct.Sum() / 400.0).Within(1e-12));
        Assert.That((report.Episodes, report.Ways, report.Shots, report.Queries), Is.EqualTo((20, 20, 1, 1)));
        Assert.That(report.Inductive.Mean[^1], Is.GreaterThan(0.2), "chance is 0.05");
        Assert.That(
            report.ToTable().Split('\n'),
            Has.Some.EqualTo(
                FormattableString.Invariant(
                    $"one-shot runs: {correct.Sum()} of 400 right one at a time, error {(400 - correct.Sum()) / 4.0:0.0} %; trained on split lake"
                )
            )
        );
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random", "joint", "centroid" }));
    }

    [Test]
    public void Evaluate_Report_NamesTheRunsOnlyWhereTheyAre()
    {
        JsonElement runs = JsonSerializer
            .SerializeToElement(Evaluator.Evaluate(lake.Path, new EvaluationOptions { OneShotRuns = true, Steps = 1 }), Json)
            .GetProperty("oneShotRuns");
        JsonElement plain = JsonSerializer.SerializeToElement(Evaluator.Evaluate(lake.Path, new EvaluationOptions { Episodes = 2 }), Json);

        Assert.That(runs.EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "split", "trials", "correct" }));
        Assert.That(runs.GetProperty("correct").GetArrayLength(), Is.EqualTo(20));
        Assert.That(plain.TryGetProperty("oneShotRuns", out _), Is.False);
    }

    [Test]
    public void Evaluate_OtherEngine_AgreesOnTheRuns()
    {
        EvaluationReport ort = Evaluator.Evaluate(lake.Path, new EvaluationOptions { OneShotRuns = true });
        EvaluationReport torch = Evaluator.Evaluate(
            lake.Path,
            new EvaluationOptions { OneShotRuns = true, Engine = EvaluationOptions.TorchEngine }
        );

        Assert.That(torch.Inductive.Mean, Is.EqualTo(ort.Inductive.Mean).Within(0.0051));
        Assert.That(torch.Transductive.Mean, Is.EqualTo(ort.Transductive.Mean).Within(0.0051));
    }

    [Test]
    public void Evaluate_WithoutRuns_SaysWhatToDo()
    {
        string path = data["one_shot_all_runs.zip"];
        File.Delete(path);
        try
        {
            Assert.That(
                () => Evaluator.Evaluate(lake.Path, new EvaluationOptions { OneShotRuns = true }),
                Throws.TypeOf<BundleException>().With.Message.StartsWith($"omniglot: '{path}' is not there. Run `make data`")
            );
        }
        finally
        {
            _ = TinyOmniglot.WriteRuns(data.Path);
        }
    }

    [Test]
    public void Evaluate_OfVinyalsSplit_IsRefused()
    {
        foreach ((string split, string alphabet) in new[] { ("train", "A"), ("val", "B"), ("test", "T") })
        {
            _ = Directory.CreateDirectory(data["splits_vinyals"]);
            File.WriteAllLines(
                Path.Combine(data["splits_vinyals"], $"{split}.txt"),
                Enumerable.Range(1, 20).Select(c => $"{alphabet}/character{c:00}/rot000")
            );
        }

        using TrainedBundle vinyals = new(Network, Tasks("\"within\": \"alphabet\""), Inner);
        Assert.That(
            () => Evaluator.Evaluate(vinyals.Path, new EvaluationOptions { OneShotRuns = true }),
            Refused(
                vinyals,
                "trained on the split 'vinyals', which has 78 of the 200 characters of the one-shot runs among those for training. The runs count as "
                    + "unseen with tasks.split 'lake' only."
            )
        );
    }

    [Test]
    public void Evaluate_OfOtherBundles_IsRefused()
    {
        using TrainedBundle curves = new("""{ "type": "mlp", "hidden": [4] }""", TrainedBundle.Sinusoid, Inner);
        using TrainedBundle few = new(Network, TrainedBundle.Glyphs, Inner);
        using TrainedBundle glyphs = new(
            Network,
            """{ "type": "glyphs", "ways": 20, "trainClasses": 20, "validationClasses": 20, "testClasses": 20 }""",
            Inner
        );
        EvaluationOptions options = new() { OneShotRuns = true };

        Assert.That(
            () => Evaluator.Evaluate(curves.Path, options),
            Refused(curves, "the one-shot runs are for bundles that classify pictures.")
        );
        Assert.That(
            () => Evaluator.Evaluate(few.Path, options),
            Refused(few, "the head has 3 slots, the one-shot runs of 20 ways do not fit.")
        );
        Assert.That(
            () => Evaluator.Evaluate(glyphs.Path, options),
            Refused(glyphs, "the one-shot runs are for bundles trained on 'omniglot', this one was on 'glyphs'.")
        );
    }

    [Test]
    public void Check_OfATrainingThatStartedFromOtherWeights_IsRefused()
    {
        using BundleFiles files = BundleFiles.Open(lake.Path);
        BundleManifest manifest = files.Manifest with { Provenance = files.Manifest.Provenance with { StartedFrom = "abc" } };
        Assert.That(
            () => OneShotBundle.Check("b", manifest, new TaskSpec { Type = "omniglot", Split = "lake" }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "b: its training started from the weights abc, which may have seen characters of the one-shot runs. They count as unseen in a "
                        + "training from fresh weights only."
                )
        );
    }

    [Test]
    public void Validate_RunsOfAnotherSize_HasFaults() =>
        Assert.That(
            new EvaluationOptions
            {
                OneShotRuns = true,
                Ways = 5,
                Source = "folder",
            }.Validate(),
            Is.EqualTo(
                new[]
                {
                    "OneShotRuns: the runs have 20 ways, one shot and one query; Ways, Shots and Queries do not apply.",
                    "OneShotRuns: the runs are the data; Source does not apply.",
                }
            )
        );

    private static int Correct(AdaptableModel model, ZipArchive zip, string run)
    {
        using Learner learner = model.CreateLearner();
        string[] classes = [.. Enumerable.Range(1, 20).Select(n => $"{run}/training/class{n:00}.png")];
        _ = learner.Adapt(SupportSet.FromImages(model.Manifest, classes.Select(c => (c, Picture(zip, c)))));
        using StreamReader labels = new(zip.GetEntry($"{run}/class_labels.txt")!.Open());
        return labels
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Count(line => learner.Predict(Picture(zip, line[0])).Label == line[1]);
    }

    private static ImageInput Picture(ZipArchive zip, string name)
    {
        using Stream stream = zip.GetEntry(name)!.Open();
        using MemoryStream content = new();
        stream.CopyTo(content);
        return ImageFiles.Decode(content.ToArray(), name);
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused(TrainedBundle bundle, string message) =>
        Throws.TypeOf<BundleException>().With.Message.EqualTo($"{bundle.Path}: {message}");

    private string Tasks(string members) =>
        $$"""{ "type": "omniglot", "source": {{JsonSerializer.Serialize(data.Path)}}, {{members}}, "ways": 20, "shots": 1, "queries": 1 }""";
}
