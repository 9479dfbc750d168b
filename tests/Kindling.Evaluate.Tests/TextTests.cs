using System.Text;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Tests;

/// <summary>A bundle that classifies texts, from training to an app.</summary>
public sealed class TextTests
{
    private static readonly string[] Fillers = ["please", "now", "can you", "i want to", "hey"];
    private static readonly string[] Words = "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".Split(' ');
    private readonly TemporaryFolder data = new();
    private TrainedBundle bundle = null!;

    // Twelve classes, each of a word of its own among words that all share.
    [OneTimeSetUp]
    public void Train()
    {
        StringBuilder csv = new("text,label\n");
        for (int c = 0; c < Words.Length; c++)
        {
            for (int i = 0; i < 8; i++)
            {
                _ = csv.Append(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{Fillers[i % 5]} {Words[c]} {Fillers[(i + c) % 5]} {i},class{c}\n"
                );
            }
        }

        File.WriteAllText(data["texts.csv"], csv.ToString());
        string source = data["texts.csv"].Replace("\\", "/", StringComparison.Ordinal);
        bundle = new TrainedBundle(
            """{ "type": "transformer", "layers": 1, "width": 64, "heads": 2, "vocabulary": 201, "embedding": "random", "positions": "rotary", "head": "prototypes" }""",
            $$"""{ "type": "texts", "source": "{{source}}", "ways": 3, "shots": 2, "queries": 2, "units": "words", "length": 8, "pieces": 4, "buckets": 200 }""",
            """{ "rate": 0.01, "steps": 1, "adaptationSteps": 1 }"""
        );
    }

    [OneTimeTearDown]
    public void Delete()
    {
        bundle.Dispose();
        data.Dispose();
    }

    [Test]
    public void Evaluate_OfTexts_HasTheTfIdfCentroidBeside()
    {
        EvaluationReport report = Evaluator.Evaluate(bundle.Path, new EvaluationOptions { Episodes = 20 });
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random", "tfidf", "joint", "centroid" }));
        Assert.That(report.Baselines["tfidf"].Mean, Has.All.InRange(0.95, 1.0), "each class has a word of its own");
        Assert.That(report.Inductive.Mean[^1], Is.InRange(0.45, 1.0), "chance is 0.33, and it has hardly been trained");
    }

    [Test]
    public void Predict_OfAText_IsThatOfItsCodes()
    {
        using AdaptableModel model = AdaptableModel.Open(bundle.Path);
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(SupportSet.FromTexts(model.Manifest, [("lights", "Turn on the lights"), ("song", "play a song")]));
        Prediction prediction = learner.Predict("turn the lights on!");

        Assert.That(prediction.Label, Is.EqualTo("lights"));
        Assert.That(prediction.Values, Is.EqualTo(learner.Predict(model.Manifest.Preprocessing.Text!.Apply("turn the lights on")).Values));
        Assert.That(() => learner.Predict(" "), Throws.ArgumentException.With.Message.StartsWith("Expected a text, got an empty one."));
    }
}
