using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Baselines;
using Kindling.Evaluate.Languages;
using Kindling.Evaluate.Reports;
using Kindling.Export;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Tests;

/// <summary>A bundle of a language model, from training to an app.</summary>
public sealed class LanguageTests
{
    private const string Recipe = """
        {
          "name": "tiny-language", "seed": 3,
          "network": { "type": "gru-lm", "width": 16 },
          "tasks": { "type": "udhr", "shots": 4, "queries": 4, "length": 40, "context": 8, "orders": [3, 1] },
          "algorithm": { "type": "joint", "engine": "graph", "iterations": 60, "tasksPerBatch": 4, "outerRate": 0.02, "validationEpisodes": 3 },
          "inner": { "optimizer": "adam", "epsilon": 1e-5, "rate": 0.003, "steps": 2, "adaptationSteps": 3, "batch": 3 }
        }
        """;

    private readonly TemporaryFolder folder = new();
    private AdaptableModel model = null!;

    private string Bundle => folder["bundle"];

    private static byte[] Song { get; } = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("kolo mita, kolo sane. ", 8)));

    [OneTimeSetUp]
    public void Train()
    {
        Recipe recipe = Kindling.Recipes.Recipe.Parse(Recipe, "test");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, TinyLanguages.Write(folder["data"]));
        TrainingSession session = new(recipe, tasks, folder["checkpoint"], TimeProvider.System);
        _ = session.Run(1, resume: false, new Progress<TrainingProgress>(), CancellationToken.None);
        VerificationReport report = BundleExporter.Export(folder["checkpoint"], Bundle);
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        model = AdaptableModel.Open(Bundle);
    }

    [OneTimeTearDown]
    public void Delete()
    {
        model.Dispose();
        folder.Dispose();
    }

    [Test]
    public void Write_ReportOfALanguageModel_HasARowForEachLanguage()
    {
        EvaluationOptions options = new() { DataRoot = folder["data"] };
        ReportSource source = new() { Bundle = Bundle, Subject = "here" };
        ModelReport.Create(source, options, TimeProvider.System).Write(folder["report.html"]);
        XElement page = XDocument.Load(folder["report.html"]).Root!;
        EvaluationReport report = Evaluator.Evaluate(Bundle, options);

        string[][] rows =
        [
            .. page.Descendants("table")
                .ElementAt(1)
                .Element("tbody")!
                .Elements("tr")
                .Select(r => r.Elements().Select(c => c.Value).ToArray()),
        ];
        Assert.That(rows.Select(r => r[0]), Is.EqualTo(report.Languages!.Select(l => l.Name)));
        Assert.That(
            rows.Select(r => r[2]),
            Is.EqualTo(report.Languages!.Select(l => l.BitsPerByte[0].ToString("0.000", CultureInfo.InvariantCulture)))
        );
        Assert.That(
            page.Descendants("p").Select(p => p.Value),
            Has.Some.StartsWith("Bits per byte ").And.Some.Contain("windows to learn from")
        );
    }

    [TestCase(EvaluationOptions.OrtEngine)]
    [TestCase(EvaluationOptions.TorchEngine)]
    public void Evaluate_OfLanguages_TakesEachOnceBesideCompressors(string engine)
    {
        EvaluationReport report = Evaluator.Evaluate(Bundle, new EvaluationOptions { Engine = engine, DataRoot = folder["data"] });
        LanguageFigures[] test = [.. report.Languages!.Where(language => language.Group == "test")];

        Assert.That(report.Metric, Is.EqualTo("bitsPerByte"));
        Assert.That(report.Episodes, Is.EqualTo(3));
        Assert.That(report.Languages!.Select(language => language.Code), Is.EqualTo(new[] { "test0", "test1", "test2", "test_script0" }));
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "scratch", "joint", "gzip", "xz", "ppmd" }));
        Assert.That(report.Inductive.Mean, Has.Count.EqualTo(4));
        Assert.That(report.Inductive.Mean[^1], Is.EqualTo(test.Average(language => language.BitsPerByte[^1])).Within(1e-9));
        Assert.That(report.Inductive.Mean[^1], Is.LessThan(report.Baselines["scratch"].Mean[0] - 0.5));
        Assert.That(
            report.ToTable(),
            Does.Contain("mean of 3, test ").And.Contain("mean of 1, test_script ").And.Contain("Language test1 ")
        );
    }

    [Test]
    public void Evaluate_ByBothEngines_GivesTheSameFigures()
    {
        EvaluationReport[] reports =
        [
            .. new[] { EvaluationOptions.OrtEngine, EvaluationOptions.TorchEngine }.Select(engine =>
                Evaluator.Evaluate(Bundle, new EvaluationOptions { Engine = engine, DataRoot = folder["data"] })
            ),
        ];

        Assert.That(reports[0].Inductive.Mean, Is.EqualTo(reports[1].Inductive.Mean).Within(1e-4));
    }

    // A compressor that has read the very text needs next to nothing for it, and a byte takes 8 bits of noise whatever was read before.
    [Test]
    public void Compressors_PrimedWithTheText_NeedNextToNothingForIt()
    {
        byte[] noise = new byte[2048];
        new Random(1).NextBytes(noise);
        LanguagePreprocessing windows = new();
        Episode Of(byte[] support, byte[] query) =>
            new()
            {
                SupportX = windows.Windows(support).Inputs,
                SupportY = windows.Windows(support).Targets,
                QueryX = windows.Windows(query).Inputs,
                QueryY = windows.Windows(query).Targets,
            };
        foreach (Compressor compressor in Compressor.All)
        {
            Assert.That(compressor.Measure(Of(noise, noise))[0], Is.InRange(0, 1.0), compressor.Name);
            Assert.That(compressor.Measure(Of(noise[..1024], noise[1024..]))[0], Is.InRange(7.9, 9.5), compressor.Name);
        }
    }

    [Test]
    public void Adapt_ToAText_PredictsItsWordsAndBytes()
    {
        using Learner learner = model.CreateLearner();
        TextScore before = learner.Score(Song);
        AdaptReport report = learner.Adapt(new AdaptRequest { Support = SupportSet.FromText(model.Manifest, Song), Steps = 60 });
        TextScore after = learner.Score(Song);
        IReadOnlyList<NextWord> begun = learner.NextWords("kolo mita, kolo sa"u8, 3, before: Song);
        IReadOnlyList<NextByte> bytes = learner.NextBytes("kolo mita, kol"u8, 256, before: Song);

        Assert.That(report.Accepted, Is.True, report.Reason);
        Assert.That(after.Bytes, Is.EqualTo(Song.Length));
        Assert.That(after.BitsPerByte, Is.LessThan(before.BitsPerByte - 0.5));
        Assert.That(after.Perplexity, Is.EqualTo(Math.Pow(2, after.BitsPerByte)).Within(1e-9));
        Assert.That((begun[0].Word, begun[0].Rest), Is.EqualTo(("sane", "ne")));
        Assert.That(begun[0].Probability, Is.InRange(0.5f, 1f));
        Assert.That(bytes[0].Value, Is.EqualTo((byte)'o'));
        Assert.That(bytes.Sum(next => (double)next.Probability), Is.EqualTo(1).Within(1e-5));
    }

    [Test]
    public void Score_OfATextReadBefore_IsBetterForHavingReadIt()
    {
        using Learner learner = model.CreateLearner();
        Assert.That(learner.Score(Song.AsSpan(..44), before: Song).BitsPerByte, Is.LessThan(learner.Score(Song.AsSpan(..44)).BitsPerByte));
    }

    [Test]
    public void NextWords_OfNothingAndOfBytesThatAreNoText_AreWordsOrNone()
    {
        using Learner learner = model.CreateLearner();
        foreach (byte[] text in new byte[][] { [], [0xFF, 0xC3], Encoding.UTF8.GetBytes("один") })
        {
            IReadOnlyList<NextWord> words = learner.NextWords(text, 2);
            Assert.That(words, Has.Count.LessThanOrEqualTo(2));
            Assert.That(words.Select(word => word.Word), Has.All.Match(@"^[\p{L}\p{M}\p{N}]+$"));
            Assert.That(words.Select(word => word.Probability), Is.Ordered.Descending);
        }
    }

    [Test]
    public void Learner_OfALanguageModel_RefusesWhatItIsNot()
    {
        using Learner learner = model.CreateLearner();
        (FloatTensor x, FloatTensor y) = model.Manifest.ForLanguage().Windows(Song);
        FloatTensor bad = new([.. y.Shape], [.. y.Values.Select((code, i) => i == 9 ? 257 : code)]);

        Assert.That(() => learner.Score([]), Throws.ArgumentException.With.Message.StartsWith("Expected a text, got an empty one."));
        Assert.That(
            () => learner.PredictBatch(x),
            Throws.InvalidOperationException.With.Message.StartsWith("A language model has neither labels nor values")
        );
        Assert.That(
            () => learner.Adapt(SupportSet.FromTargets(x, bad)),
            Throws.ArgumentException.With.Message.StartsWith(
                "Target 0 holds 257 at position 9; codes of 'tiny-language' are whole numbers from 0 to 256."
            )
        );
    }

    [Test]
    public void Adapt_InMicroBatches_IsTheSameStep()
    {
        // The last window has fewer targets than the others, so that parts do not count alike.
        SupportSet support = SupportSet.FromText(model.Manifest, Song.AsSpan(..^20));
        float Loss(int? microBatch)
        {
            using AdaptableModel whole = AdaptableModel.Open(WithoutBatch());
            using Learner learner = whole.CreateLearner();
            return learner.Adapt(new AdaptRequest { Support = support, MicroBatch = microBatch }).LossAfter;
        }

        Assert.That(Loss(2), Is.EqualTo(Loss(null)).Within(1e-4));
    }

    private string WithoutBatch()
    {
        string bundle = folder["whole"];
        if (!Directory.Exists(bundle))
        {
            Recipe recipe = Kindling.Recipes.Recipe.Parse(Recipe.Replace(", \"batch\": 3", "", StringComparison.Ordinal), "test");
            TrainingSession session = new(
                recipe.With(1, null),
                TaskFamilies.Create(recipe.Tasks, folder["data"]),
                folder["whole-checkpoint"],
                TimeProvider.System
            );
            _ = session.Run(1, resume: false, new Progress<TrainingProgress>(), CancellationToken.None);
            _ = BundleExporter.Export(folder["whole-checkpoint"], bundle);
        }

        return bundle;
    }
}
