using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt.Tests;

public sealed class LifecycleTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void OpenLearner_SavedDelta_PredictsTheSame()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Two);

        learner.Save(_folder["user.adapted"]);
        using Learner back = model.OpenLearner(_folder["user.adapted"]);

        Assert.That(back.Classes, Is.EqualTo(new[] { "ant", "bee" }));
        Assert.That(back.Steps, Is.EqualTo(5));
        Assert.That(back.Predict(Data.Point(0.3f, 1)).Values, Is.EqualTo(learner.Predict(Data.Point(0.3f, 1)).Values));
    }

    [Test]
    public void Calibrate_AdaptedLearner_SaysNoneOfTheseUntilItChanges()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        Prediction before = learner.Predict(Data.Point(1, 0.1f));
        Assert.That((before.IsConfident, learner.ConfidenceThreshold), Is.EqualTo(((bool?)null, (float?)null)));

        float threshold = learner.Calibrate(Data.Three);
        Assert.That(threshold, Is.InRange(0.001f, 0.999f));
        for (float x = -1; x <= 1; x += 0.25f)
        {
            Prediction prediction = learner.Predict(Data.Point(x, 0.1f));
            Assert.That(prediction.IsConfident, Is.EqualTo(prediction.Confidence >= threshold));
        }

        Assert.That(learner.Predict(Data.Point(1, 0.1f)).Values, Is.EqualTo(before.Values), "the learner itself stays");
        learner.Save(_folder["user.adapted"]);
        using Learner back = model.OpenLearner(_folder["user.adapted"]);
        Assert.That(back.ConfidenceThreshold, Is.EqualTo(threshold));

        learner.Adapt(Data.Three);
        Assert.That(learner.ConfidenceThreshold, Is.Null, "it was another's");
        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.ConfidenceThreshold, Is.EqualTo(threshold));
        learner.Reset();
        Assert.That(learner.Predict(Data.Point(1, 0.1f)).IsConfident, Is.Null);
    }

    [Test]
    public void Calibrate_TooFewExamples_IsRefusedAndChangesNothing()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        SupportSet one = SupportSet.FromTensors(new FloatTensor([2, 2], [1, 0, 0, 1]), [0, 1], ["ant", "bee"]);
        learner.Adapt(one);
        Assert.That(
            () => learner.Calibrate(one),
            Throws.ArgumentException.With.Message.StartsWith(
                "Calibration takes at least three classes, or two examples of a class; got 2 classes with one example each."
            )
        );
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(() => learner.Calibrate(Data.Three, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(learner.ConfidenceThreshold, Is.Null);
    }

    [Test]
    public void Rollback_AfterAdaptation_RestoresTheParametersBefore()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        IReadOnlyList<float> before = learner.Predict(Data.Point(1, 1)).Values;

        learner.Adapt(Data.Three);
        Assert.That(learner.Predict(Data.Point(1, 1)).Values, Is.Not.EqualTo(before));

        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.Predict(Data.Point(1, 1)).Values, Is.EqualTo(before));
        Assert.That(learner.Classes, Is.Empty);
        Assert.That(learner.Rollback(), Is.False);
    }

    [Test]
    public void Reset_AfterAdaptation_IsTheMetaInitialisationAndCanBeUndone()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        IReadOnlyList<float> fresh = learner.Predict(Data.Point(1, 1)).Values;
        learner.Adapt(Data.Three);
        IReadOnlyList<float> adapted = learner.Predict(Data.Point(1, 1)).Values;

        learner.Reset();

        Assert.That(learner.Predict(Data.Point(1, 1)).Values, Is.EqualTo(fresh));
        Assert.That((learner.Steps, learner.Rollback()), Is.EqualTo((0, true)));
        Assert.That(learner.Predict(Data.Point(1, 1)).Values, Is.EqualTo(adapted));
    }

    [TestCase("none")]
    [TestCase("support")]
    public void Bake_AdaptedLearner_ModelAnswersTheSameInAnyRuntime(string normalization)
    {
        TestBundles.Classifier(_folder["own"], new TestBundleOptions { Normalization = normalization });
        using AdaptableModel model = AdaptableModel.Open(_folder["own"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Two);
        Prediction expected = learner.Predict(Data.Point(0.5f, -0.5f));

        learner.Bake(_folder["baked.onnx"]);

        using InferenceSession session = new(_folder["baked.onnx"]);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(new float[] { 0.5f, -0.5f }, [1, 2]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(
            options,
            new Dictionary<string, OrtValue> { ["x"] = input },
            ["scores"]
        );
        float[] scores = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        Assert.That(scores[..2], Is.EqualTo(expected.Values).Within(1e-6));
        Assert.That(scores[2], Is.Zero);
        Assert.That(session.ModelMetadata.CustomMetadataMap["kindling.classes"], Is.EqualTo("[\"ant\",\"bee\"]"));
    }

    [Test]
    public void Open_ZippedBundle_WorksAsTheFolder()
    {
        TestBundles.Classifier(_folder["b.kindling"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
        using AdaptableModel folder = AdaptableModel.Open(_folder["b"]);
        using AdaptableModel zip = AdaptableModel.Open(_folder["b.kindling"]);
        using Learner a = folder.CreateLearner();
        using Learner b = zip.CreateLearner();

        a.Adapt(Data.Three);
        b.Adapt(Data.Three);

        Assert.That(b.Predict(Data.Point(1, 1)).Values, Is.EqualTo(a.Predict(Data.Point(1, 1)).Values));
        Assert.That(zip.Manifest.BaseIdentity, Is.EqualTo(folder.Manifest.BaseIdentity));
        b.Bake(_folder["b.onnx"]);
    }

    [Test]
    public void PredictBatch_SameAsOneByOne()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);

        IReadOnlyList<Prediction> batch = learner.PredictBatch(Data.Points);

        Assert.That(batch.Select(prediction => prediction.Label), Is.EqualTo(new[] { "ant", "ant", "bee", "bee", "cat", "cat" }));
        for (int i = 0; i < batch.Count; i++)
        {
            Prediction single = learner.Predict(Data.Point(Data.Points.Values[2 * i], Data.Points.Values[(2 * i) + 1]));
            Assert.That(batch[i].Values, Is.EqualTo(single.Values).Within(1e-6));
        }
    }

    [Test]
    public void Features_Batch_AreWhatTheHeadSees()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        FloatTensor features = learner.Features(Data.Points);

        new ReferenceClassifier().Logits(Data.Points.Values[0], Data.Points.Values[1], out double[] hidden);
        Assert.That(features.Shape, Is.EqualTo(new[] { 6, TestBundles.Hidden }));
        Assert.That(features.Values[..TestBundles.Hidden], Is.EqualTo(hidden).Within(1e-6));
    }

    [Test]
    public void Trace_PointKeptBeyondItsCall_Refuses()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        List<InnerPoint> points = [];
        learner.Trace(Data.Three, 1, points.Add);

        foreach (
            Action use in new Action[]
            {
                () => points[0].Parameters(),
                () => points[0].OutputsInductive(Data.Points),
                () => points[1].OutputsTransductive(Data.Points),
                () => points[1].Features(Data.Points),
            }
        )
        {
            Assert.That(
                use,
                Throws
                    .TypeOf<ObjectDisposedException>()
                    .With.Message.StartsWith("A point of an inner loop is valid only during the call that hands it over.")
            );
        }

        Assert.That(points.Select(point => point.Step), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public async Task AdaptAsync_ManyLearnersAtOnce_EachGetsItsOwnResult()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        Learner[] learners = [.. Enumerable.Range(0, 16).Select(_ => model.CreateLearner())];
        SupportSet[] sets = [Data.Two, Data.Three];

        AdaptReport[] reports = await Task.WhenAll(learners.Select((learner, i) => learner.AdaptAsync(sets[i % 2])));

        for (int i = 2; i < learners.Length; i++)
        {
            Assert.That(reports[i].Losses, Is.EqualTo(reports[i % 2].Losses));
            Assert.That(
                learners[i].Predict(Data.Point(0.2f, 0.2f)).Values,
                Is.EqualTo(learners[i % 2].Predict(Data.Point(0.2f, 0.2f)).Values)
            );
        }

        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public async Task Predict_WhileAdaptationsRun_SeesWholeParameterSetsOnly()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        float[] one = [.. learner.Predict(Data.Point(0.2f, 0.2f)).Values];
        learner.Adapt(Data.Three);
        float[] two = [.. learner.Predict(Data.Point(0.2f, 0.2f)).Values];
        learner.Rollback();
        using CancellationTokenSource done = new();
        Task<int> reader = Task.Run(() =>
        {
            int read = 0;
            float[] scores = new float[3];
            while (!done.IsCancellationRequested)
            {
                learner.Predict([0.2f, 0.2f], scores);
                Assert.That(scores.SequenceEqual(one) || scores.SequenceEqual(two), Is.True, string.Join(", ", scores));
                read++;
            }

            return read;
        });

        for (int i = 0; i < 200; i++)
        {
            AdaptReport report = await learner.AdaptAsync(Data.Three);
            Assert.That(report.Accepted, Is.True);
            Assert.That(learner.Rollback(), Is.True);
        }

        await done.CancelAsync();
        Assert.That(await reader, Is.GreaterThan(100));
    }

    [Test]
    public void Dispose_ModelBeforeLearner_LearnerRefusesAndNothingBreaks()
    {
        AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        Learner learner = model.CreateLearner();
        learner.Predict(Data.Point(1, 1));

        model.Dispose();

        Assert.That(() => learner.Predict(Data.Point(1, 1)), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => learner.Adapt(Data.Three), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => model.CreateLearner(), Throws.TypeOf<ObjectDisposedException>());
        learner.Dispose();
        learner.Dispose();
        model.Dispose();
        Assert.That(() => learner.Predict(Data.Point(1, 1)), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Dispose_LearnerDuringAdaptation_AdaptationFailsCleanly()
    {
        TestBundles.Classifier(_folder["long"], new TestBundleOptions { Steps = 100_000, Rates = [0.01f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["long"]);
        Learner learner = model.CreateLearner();
        using CancellationTokenSource cancel = new();
        Started started = new();
        Task<AdaptReport> running = learner.AdaptAsync(Data.Three, started, cancel.Token);
        await started.First;

        learner.Dispose();
        await cancel.CancelAsync();

        Assert.That(async () => await running, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task AdaptAsync_Cancelled_LeavesTheLearnerAsItWas()
    {
        TestBundles.Classifier(_folder["long"], new TestBundleOptions { Steps = 100_000, Rates = [0.01f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["long"]);
        using Learner learner = model.CreateLearner();
        IReadOnlyList<float> before = learner.Predict(Data.Point(1, 1)).Values;
        using CancellationTokenSource cancel = new();
        Started started = new();
        Task<AdaptReport> running = learner.AdaptAsync(Data.Three, started, cancel.Token);
        await started.First;

        Assert.That(
            () => learner.Adapt(Data.Three),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "Another adaptation of this learner is running; wait for it or cancel it."
            )
        );
        await cancel.CancelAsync();

        Assert.That(async () => await running, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(learner.Predict(Data.Point(1, 1)).Values, Is.EqualTo(before));
        Assert.That((learner.Steps, learner.Classes.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Adapt_Progress_ToldAfterEachStep()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { Steps = 3 });
        using Learner learner = model.CreateLearner();
        Recorder recorder = new();

        AdaptReport report = learner.Adapt(Data.Three, recorder);

        Assert.That(recorder.Seen.Select(p => (p.Step, p.Steps)), Is.EqualTo(new[] { (1, 3), (2, 3), (3, 3) }));
        Assert.That(recorder.Seen.Select(p => p.Loss), Is.EqualTo(report.Losses.Take(3)));
    }

    [Test]
    public void Dispose_Forgotten_FinalisersFreeEverythingInAnyOrder()
    {
        for (int i = 0; i < 20; i++)
        {
            Forget();
        }

        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        Assert.That(learner.Adapt(Data.Three).Accepted, Is.True);
    }

    private void Forget()
    {
        AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        learner.Predict(Data.Point(0, 0));
    }

    private sealed class Recorder : IProgress<AdaptProgress>
    {
        public List<AdaptProgress> Seen { get; } = [];

        public void Report(AdaptProgress value) => Seen.Add(value);
    }

    private sealed class Started : IProgress<AdaptProgress>
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task First => _first.Task;

        public void Report(AdaptProgress value) => _first.TrySetResult();
    }
}
