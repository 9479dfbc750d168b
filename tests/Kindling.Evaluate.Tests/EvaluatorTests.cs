using System.Globalization;
using System.Text.Json;
using Kindling.Bundles;
using Kindling.Export;

namespace Kindling.Evaluate.Tests;

public sealed class EvaluatorTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private TinyBundle lines = null!;
    private TinyBundle characters = null!;

    [OneTimeSetUp]
    public void Train()
    {
        lines = TinyBundle.Lines();
        characters = TinyBundle.Characters("support");
    }

    [OneTimeTearDown]
    public void Delete()
    {
        lines.Dispose();
        characters.Dispose();
    }

    [Test]
    public void Evaluate_Classification_HasItsBaselines()
    {
        EvaluationReport report = Evaluator.Evaluate(characters.Path, new EvaluationOptions { Episodes = 10 });
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random", "joint", "centroid" }));
        Assert.That(report.Baselines.Values.Select(b => b.Mean.Count), Is.EqualTo(new[] { 3, 3, 1 }));
        Assert.That(report.BaselineSettings.Keys, Is.EqualTo(new[] { "joint" }));
        Assert.That(report.AbsentBaselines, Is.Empty);
    }

    // Test tasks are y = 2 x and y = 3 x with x in [0.5, 5.5]. The mean line y = 2.5 x has the error 0.25 E[x^2] = 0.25 (9 + 25 / 12) = 2.77;
    // the features are x itself, so that ridge regression finds the line.
    [Test]
    public void Evaluate_Lines_JointStartsAtTheMeanLineAndRidgeIsExact()
    {
        EvaluationReport report = Evaluator.Evaluate(lines.Path, new EvaluationOptions { Episodes = 100 });
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random", "joint", "ridge" }));
        Assert.That(report.Baselines["joint"].Mean[0], Is.EqualTo(2.77).Within(0.4));
        Assert.That(report.Baselines["random"].Mean[0], Is.GreaterThan(10));
        Assert.That(report.Baselines["ridge"].Mean, Is.EqualTo(new[] { 0.0 }).Within(1e-6));
        Assert.That(report.BaselineSettings["ridge"], Is.EqualTo(1e-4));
    }

    [Test]
    public void Evaluate_BundleWithoutJointWeights_SaysWhatIsAbsentAndWhy()
    {
        string bundle = Path.Combine(Path.GetDirectoryName(lines.Path)!, "bare");
        string baselines = Path.Combine(lines.Checkpoint, "baselines.safetensors");
        byte[] kept = File.ReadAllBytes(baselines);
        File.Delete(baselines);
        _ = BundleExporter.Export(lines.Checkpoint, bundle);
        File.WriteAllBytes(baselines, kept);

        EvaluationReport report = Evaluator.Evaluate(bundle, new EvaluationOptions { Episodes = 2 });
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random" }));
        Assert.That(
            report.ToTable().Split('\n')[^1],
            Is.EqualTo(
                "absent: joint, ridge; the bundle has no baselines.safetensors: it was exported from a checkpoint without a joint baseline"
            )
        );
    }

    [Test]
    public void Evaluate_Report_HasTheFieldsOfTheContract()
    {
        EvaluationReport report = Evaluator.Evaluate(
            characters.Path,
            new EvaluationOptions
            {
                Episodes = 2,
                Ways = 2,
                Shots = 3,
                Queries = 4,
                Steps = 1,
                Seed = 9,
            }
        );
        JsonElement json = JsonSerializer.SerializeToElement(report, Json);
        Assert.That(
            json.EnumerateObject().Select(p => p.Name),
            Is.EqualTo(
                new[]
                {
                    "bundle",
                    "engine",
                    "metric",
                    "episodes",
                    "ways",
                    "shots",
                    "queries",
                    "seed",
                    "steps",
                    "transductive",
                    "inductive",
                    "baselines",
                    "baselineSettings",
                    "absentBaselines",
                    "millisecondsPerStep",
                }
            )
        );
        Assert.That(json.GetProperty("metric").GetString(), Is.EqualTo("accuracy"));
        Assert.That(
            new[] { "episodes", "ways", "shots", "queries", "seed" }.Select(n => json.GetProperty(n).GetInt32()),
            Is.EqualTo(new[] { 2, 2, 3, 4, 9 })
        );
        Assert.That(json.GetProperty("steps").EnumerateArray().Select(s => s.GetInt32()), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(json.GetProperty("inductive").EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "mean", "ci95" }));
        Assert.That(json.GetProperty("baselines").GetProperty("joint").GetProperty("ci95").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void Evaluate_TableOfOneLine_IsTestedOnThat()
    {
        string csv = lines.Write(
            "line.csv",
            "x,label\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"{(i / 4.0).ToString(CultureInfo.InvariantCulture)},7\n"))
        );
        EvaluationReport report = Evaluator.Evaluate(lines.Path, new EvaluationOptions { Episodes = 5, Source = csv });
        Assert.That(report.Baselines["ridge"].Mean, Is.EqualTo(new[] { 0.0 }).Within(1e-6));
        Assert.That(report.Baselines["joint"].Mean[0], Is.GreaterThan(1));
    }

    [Test]
    public void Evaluate_DataThatChangedSinceTraining_AreRefused()
    {
        string rows(int factor) =>
            "task,x,label\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"t{i % 5},{i},{factor * i * (i % 5)}\n"));
        string data = lines.Write("changing.csv", rows(1));
        using TinyBundle table = TinyBundle.Table(data);
        _ = lines.Write("changing.csv", rows(2));

        Assert.That(
            () => Evaluator.Evaluate(table.Path, new EvaluationOptions { Episodes = 2 }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Matches(
                    "bundle: trained on data of 'table' with hash [0-9a-f]{64}, those found have [0-9a-f]{64}\\. Evaluate on other data with --source\\.$"
                )
        );
    }

    [Test]
    public void Evaluate_OwnDataWithoutTheRecipes_LacksWhatIsChosenOnThose()
    {
        string training = lines.Write(
            "training.csv",
            "task,x,label\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"t{i % 5},{i},{i * (i % 5)}\n"))
        );
        using TinyBundle table = TinyBundle.Table(training);
        File.Delete(training);
        string own = lines.Write("own.csv", "x,label\n1,1\n2,2\n3,3\n4,4\n");
        EvaluationReport report = Evaluator.Evaluate(table.Path, new EvaluationOptions { Episodes = 2, Source = own });
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random" }));
        Assert.That(
            report.AbsentBaselines["joint"],
            Is.EqualTo(
                $"their settings are chosen on the recipe's validation tasks, which cannot be drawn. table: '{training}' is not there. "
                    + "Correct tasks.source in the recipe, or name the folder that holds it with --data or KINDLING_DATA."
            )
        );
        Assert.That(report.AbsentBaselines["ridge"], Is.EqualTo(report.AbsentBaselines["joint"]));
    }

    [Test]
    public void Evaluate_MoreWaysThanSlots_NamesBoth() =>
        AssertRefused(
            characters,
            new EvaluationOptions { Ways = 4 },
            $"{characters.Path}: the head has 3 slots, episodes of 4 ways do not fit."
        );

    [Test]
    public void Evaluate_WaysForARegression_IsRefused() =>
        AssertRefused(
            lines,
            new EvaluationOptions { Ways = 2 },
            $"{lines.Path}: the bundle is a regression, its episodes have 1 way, not 2."
        );

    [Test]
    public void Evaluate_MoreExamplesThanAClassHas_NamesTheClass() =>
        AssertRefused(
            characters,
            new EvaluationOptions { Shots = 18 },
            "glyphs: class 'glyph0018' has 20 examples, but an episode needs 23 of each class (18 support, 5 query)."
        );

    [Test]
    public void Evaluate_TableWithOtherColumns_NamesBothLists()
    {
        string csv = lines.Write("other.csv", "z,label\n1,2\n");
        AssertRefused(lines, new EvaluationOptions { Source = csv }, $"'{csv}': expected the input columns x; got z.");
    }

    [Test]
    public void Evaluate_TableWithTwoTargets_NamesBothNumbers()
    {
        string csv = lines.Write("two.csv", "x,label.0,label.1\n1,2,3\n");
        AssertRefused(lines, new EvaluationOptions { Source = csv }, $"{csv}: the bundle predicts 1 values, the data have 2 targets.");
    }

    [Test]
    public void Evaluate_PicturesFromAFile_SaysWhatIsExpected()
    {
        string csv = lines.Write("line.csv", "x,label\n1,2\n");
        AssertRefused(
            characters,
            new EvaluationOptions { Source = csv },
            $"'{csv}' is not a folder: expected a folder that holds one folder of pictures for each class."
        );
    }

    [Test]
    public void Evaluate_FaultyOptions_ListsAllFaults()
    {
        EvaluationOptions options = new()
        {
            Episodes = 0,
            Steps = -1,
            Engine = "onnx",
        };
        Assert.That(
            () => Evaluator.Evaluate(lines.Path, options),
            Throws
                .ArgumentException.With.Property("ParamName")
                .EqualTo("options")
                .And.Message.EqualTo(
                    "The options have 3 fault(s): Episodes: expected 1 to 100000, got 0. Steps: expected 1 to 1000000, got -1. "
                        + "Engine: expected ort or torch, got 'onnx'. (Parameter 'options')"
                )
        );
    }

    private static void AssertRefused(TinyBundle bundle, EvaluationOptions options, string message) =>
        Assert.That(() => Evaluator.Evaluate(bundle.Path, options), Throws.TypeOf<BundleException>().With.Message.EqualTo(message));
}
