using System.Text.Json.Nodes;
using Kindling.Adapt;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.OrtTraining.Tests;

/// <summary>Beside Kindling.Adapt, on released bundles: same examples, same model, same files.</summary>
[TestFixtureSource(typeof(Released), nameof(Released.Models))]
public sealed class ParityTests(string name)
{
    private const double Tolerance = 1e-5;

    private TemporaryFolder _folder = null!;
    private OrtTrainingModel _model = null!;
    private AdaptableModel _other = null!;

    private static SupportSet Episode(string name, int episode, string part) => Released.Examples(name, episode, part);

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _model = Models.Open(Released.Bundle(name));
        _other = AdaptableModel.Open(Released.Bundle(name));
    }

    [TearDown]
    public void TearDown()
    {
        _model.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Adapt_Episode_PredictsAsKindlingAdapt(int episode)
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        using Learner other = _other.CreateLearner();
        SupportSet support = Episode(name, episode, "support");

        AdaptReport report = learner.Adapt(support);
        AdaptReport expected = other.Adapt(support);

        Assert.That(report.Losses, Is.EqualTo(expected.Losses).Within(Tolerance));
        Assert.That(report.Accepted, Is.EqualTo(expected.Accepted));
        Assert.That(report.Steps, Is.EqualTo(_model.Manifest.InnerRule.Steps));
        Assert.That(learner.Classes, Is.EqualTo(other.Classes));
        Assert.That(learner.Steps, Is.EqualTo(other.Steps));
        Same(learner, other, Episode(name, episode, "query").Inputs);
    }

    [Test]
    public void Adapt_InParts_PredictsAsKindlingAdapt()
    {
        string bundle = Released.Changed(
            name,
            _folder,
            json =>
            {
                JsonNode manifest = JsonNode.Parse(json)!;
                manifest["innerRule"]!["batch"] = 2;
                return manifest.ToJsonString();
            }
        );
        using OrtTrainingModel model = Models.Open(bundle);
        using AdaptableModel otherModel = AdaptableModel.Open(bundle);
        using OrtTrainingLearner learner = model.CreateLearner();
        using Learner other = otherModel.CreateLearner();
        using OrtTrainingLearner whole = _model.CreateLearner();
        SupportSet support = Episode(name, 0, "support");

        AdaptReport report = learner.Adapt(support);
        AdaptReport expected = other.Adapt(support);

        Assert.That(report.Losses, Is.EqualTo(expected.Losses).Within(Tolerance));
        Assert.That(report.LossAfter, Is.Not.EqualTo(whole.Adapt(support).LossAfter).Within(Tolerance), "parts are another rule");
        Same(learner, other, Episode(name, 0, "query").Inputs);
    }

    [Test]
    public void Adapt_Twice_GoesOnAsKindlingAdapt()
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        using Learner other = _other.CreateLearner();
        foreach (int episode in (int[])[3, 4])
        {
            AdaptRequest request = new() { Support = Episode(name, episode, "support"), Steps = 2 };
            Assert.That(learner.Adapt(request).Losses, Is.EqualTo(other.Adapt(request).Losses).Within(Tolerance));
        }

        Same(learner, other, Episode(name, 4, "query").Inputs);
    }

    [Test]
    public void Adapt_ValidationSet_TakesTheStepThatKindlingAdaptTakes()
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        using Learner other = _other.CreateLearner();
        AdaptRequest request = new()
        {
            Support = Episode(name, 0, "support"),
            Validation = Episode(name, 0, "query"),
            Steps = 8,
            Patience = 3,
        };

        AdaptReport report = learner.Adapt(request);
        AdaptReport expected = other.Adapt(request);

        Assert.That(report.TakenStep, Is.EqualTo(expected.TakenStep));
        Assert.That(report.Validation, Is.EqualTo(expected.Validation).Within(Tolerance));
        Assert.That(report.Steps, Is.EqualTo(expected.Steps));
        Same(learner, other, Episode(name, 0, "query").Inputs);
    }

    [Test]
    public void Adapt_FromStart_HasToBeatThePresentStateAsInKindlingAdapt()
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        using Learner other = _other.CreateLearner();
        learner.Adapt(Episode(name, 0, "support"));
        other.Adapt(Episode(name, 0, "support"));
        AdaptRequest request = new()
        {
            Support = Episode(name, 1, "support"),
            Validation = Episode(name, 1, "query"),
            FromStart = true,
            Steps = 4,
        };

        AdaptReport report = learner.Adapt(request);
        AdaptReport expected = other.Adapt(request);

        Assert.That(report.Accepted, Is.EqualTo(expected.Accepted));
        Assert.That(report.TakenStep, Is.EqualTo(expected.TakenStep));
        Assert.That(learner.Steps, Is.EqualTo(other.Steps));
        Same(learner, other, Episode(name, 1, "query").Inputs);
    }

    [Test]
    public void Save_ByEither_OpensInTheOther()
    {
        FloatTensor inputs = Episode(name, 0, "query").Inputs;
        using OrtTrainingLearner learner = _model.CreateLearner();
        using Learner other = _other.CreateLearner();
        learner.Adapt(Episode(name, 0, "support"));
        other.Adapt(Episode(name, 1, "support"));

        learner.Save(_folder["ours"]);
        other.Save(_folder["theirs"]);
        using Learner ours = _other.OpenLearner(_folder["ours"]);
        using OrtTrainingLearner theirs = _model.OpenLearner(_folder["theirs"]);

        Same(learner, ours, inputs);
        Same(theirs, other, inputs);
        Assert.That(theirs.Steps, Is.EqualTo(other.Steps));
        Assert.That(theirs.Classes, Is.EqualTo(other.Classes));
    }

    [Test]
    public void Bake_AdaptedLearner_IsAModelOfItsOwn()
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        learner.Adapt(Episode(name, 0, "support"));
        FloatTensor inputs = Episode(name, 0, "query").Inputs;

        learner.Bake(_folder["user.onnx"]);

        using InferenceSession session = new(_folder["user.onnx"]);
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(inputs.Values, [.. inputs.Shape.Select(size => (long)size)]);
        using RunOptions run = new();
        string output = _model.Manifest.IsClassification ? "scores" : "output";
        using IDisposableReadOnlyCollection<OrtValue> result = session.Run(run, ["x"], [x], [output]);
        float[] expected = [.. learner.PredictBatch(inputs).SelectMany(prediction => prediction.Values)];
        Assert.That(result[0].GetTensorDataAsSpan<float>().ToArray(), Is.EqualTo(expected).Within(Tolerance));
    }

    [Test]
    public void MigrateLearner_DeltaOfTheSameBundle_KeepsAll()
    {
        using OrtTrainingLearner learner = _model.CreateLearner();
        learner.Adapt(Episode(name, 0, "support"));
        learner.Save(_folder["user"]);

        using OrtTrainingLearner back = _model.MigrateLearner(_folder["user"], out DeltaMigration migration);

        Assert.That(migration.Dropped, Is.Empty);
        Assert.That(migration.Fresh, Is.Empty);
        Assert.That(back.Classes, Is.EqualTo(learner.Classes));
        FloatTensor inputs = Episode(name, 0, "query").Inputs;
        Assert.That(back.PredictBatch(inputs).Select(p => p.Values), Is.EqualTo(learner.PredictBatch(inputs).Select(p => p.Values)));
    }

    private static void Same(ILearner learner, ILearner other, FloatTensor inputs)
    {
        IReadOnlyList<Prediction> expected = other.PredictBatch(inputs);
        IReadOnlyList<Prediction> batch = learner.PredictBatch(inputs);
        int length = inputs.Count / inputs.Shape[0];
        for (int i = 0; i < expected.Count; i++)
        {
            // of outputs above 1, as a policy's far from its goal, relative to them
            double tolerance = Tolerance * Math.Max(1, expected[i].Values.Max(Math.Abs));
            Assert.That(batch[i].Label, Is.EqualTo(expected[i].Label));
            Assert.That(batch[i].Names, Is.EqualTo(expected[i].Names));
            Assert.That(batch[i].Values, Is.EqualTo(expected[i].Values).Within(tolerance));
            FloatTensor one = new([.. inputs.Shape.Skip(1)], inputs.Values[(i * length)..((i + 1) * length)]);
            Assert.That(learner.Predict(one).Values, Is.EqualTo(expected[i].Values).Within(tolerance));
        }
    }
}
