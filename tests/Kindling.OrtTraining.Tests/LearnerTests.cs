using Kindling.Bundles;

namespace Kindling.OrtTraining.Tests;

/// <summary>What a learner promises, whatever runs beneath.</summary>
public sealed class LearnerTests
{
    private static readonly SupportSet Curve = Released.Examples(Released.Sinusoid);
    private static readonly FloatTensor Point = new([1], [1.5f]);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Rollback_AfterAdaptation_RestoresTheParametersBefore()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();
        float before = learner.Predict(Point).Values[0];
        learner.Adapt(Curve);
        Assert.That(learner.Predict(Point).Values[0], Is.Not.EqualTo(before));

        Assert.That(learner.Rollback(), Is.True);

        Assert.That(learner.Predict(Point).Values[0], Is.EqualTo(before));
        Assert.That(learner.Steps, Is.Zero);
        Assert.That(learner.Rollback(), Is.False);
    }

    [Test]
    public void Rollback_Depth_IsThatOfTheOptions()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid), new OrtTrainingOptions { RollbackDepth = 2 });
        using OrtTrainingLearner learner = model.CreateLearner();
        for (int i = 0; i < 3; i++)
        {
            Assert.That(learner.Adapt(new AdaptRequest { Support = Curve, Steps = 1 }).Accepted, Is.True);
        }

        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.Rollback(), Is.False);
        Assert.That(learner.Steps, Is.EqualTo(1));
    }

    [Test]
    public void Reset_AfterAdaptation_IsTheMetaInitialisationAndCanBeUndone()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Glyphs));
        using OrtTrainingLearner learner = model.CreateLearner();
        learner.Adapt(Released.Examples(Released.Glyphs));

        learner.Reset();

        Assert.That(learner.Classes, Is.Empty);
        Assert.That(learner.Steps, Is.Zero);
        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.Classes, Is.EqualTo(new[] { "a", "b", "c", "d", "e" }));
    }

    [Test]
    public void Adapt_NewClasses_TakeFreeSlotsUntilThereAreNone()
    {
        SupportSet all = Released.Examples(Released.Glyphs);
        SupportSet Of(params string[] classes) =>
            SupportSet.FromTensors(
                new FloatTensor([classes.Length, 1, 28, 28], all.Inputs.Values[..(classes.Length * 784)]),
                [.. Enumerable.Range(0, classes.Length)],
                classes
            );
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Glyphs), new OrtTrainingOptions { RequireImprovement = false });
        using OrtTrainingLearner learner = model.CreateLearner();

        learner.Adapt(Of("z", "y"));
        Assert.That(learner.Predict(One(all, 0)).Names, Is.EqualTo(new[] { "z", "y" }));
        Assert.That(learner.Predict(One(all, 0)).Label, Is.EqualTo("z"));
        learner.Adapt(Of("x", "z", "w"));

        Assert.That(learner.Classes, Is.EqualTo(new[] { "z", "y", "x", "w" }));
        Assert.That(
            () => learner.Adapt(Of("q", "r")),
            Throws.ArgumentException.With.Message.StartsWith(
                "'glyphs-5w1s' has 5 head slots, the examples make 6 classes: z, y, x, w, q, r."
            )
        );
        Assert.That(learner.Classes, Is.EqualTo(new[] { "z", "y", "x", "w" }));
    }

    [Test]
    public void Adapt_RateOfEachStep_IsTheManifests()
    {
        string bundle = Released.WithRates(Released.Sinusoid, _folder, 0.02f, 0.01f, 0.005f);
        List<ArtifactEngine> engines = [];
        using OrtTrainingModel model = Models.StandIn(bundle, options: null, engines);
        using OrtTrainingLearner learner = model.CreateLearner();

        learner.Adapt(new AdaptRequest { Support = Curve, Steps = 5 });

        Assert.That(engines, Has.Count.EqualTo(2));
        Assert.That(engines[1].Rates, Is.EqualTo(new[] { 0.02f, 0.01f, 0.005f, 0.005f, 0.005f }));
    }

    [Test]
    public void Adapt_EachTime_HasAFreshEngineThatIsFreed()
    {
        List<ArtifactEngine> engines = [];
        using (OrtTrainingModel model = Models.StandIn(Released.Bundle(Released.Linear), options: null, engines))
        {
            using OrtTrainingLearner learner = model.CreateLearner();
            learner.Adapt(Released.Examples(Released.Linear));
            learner.Adapt(Released.Examples(Released.Linear));
            Assert.That(engines.Select(engine => engine.IsDisposed), Is.EqualTo(new[] { false, true, true }));
        }

        Assert.That(engines[0].IsDisposed, Is.True);
    }

    [Test]
    public void Adapt_NotBetter_LeavesTheLearnerAsItWas()
    {
        string bundle = Released.WithRates(Released.Sinusoid, _folder, -0.01f);
        using OrtTrainingModel model = Models.Open(bundle);
        using OrtTrainingLearner learner = model.CreateLearner();
        float before = learner.Predict(Point).Values[0];

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = Curve, Steps = 3 });

        Assert.That(report.Accepted, Is.False);
        Assert.That(report.Reason, Does.Match(@"^The loss did not fall: [\d.]+ before, [\d.]+ after 3 steps\.$"));
        Assert.That(learner.Predict(Point).Values[0], Is.EqualTo(before));
        Assert.That(learner.Rollback(), Is.False);
    }

    [Test]
    public void Adapt_Cancelled_LeavesTheLearnerAsItWas()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();
        using CancellationTokenSource source = new();
        Progress progress = new(at =>
        {
            if (at.Step == 3)
            {
                source.Cancel();
            }
        });

        Assert.That(() => learner.Adapt(Curve, progress, source.Token), Throws.TypeOf<OperationCanceledException>());

        Assert.That(learner.Steps, Is.Zero);
        Assert.That(learner.Adapt(Curve).Accepted, Is.True);
    }

    [Test]
    public void Adapt_TimeBudget_EndsBetweenSteps()
    {
        OrtTrainingOptions options = new() { TimeProvider = new TickingTime(TimeSpan.FromMilliseconds(10)) };
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid), options);
        using OrtTrainingLearner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = Curve, TimeBudget = TimeSpan.FromMilliseconds(35) });

        Assert.That(report.Accepted, Is.False);
        Assert.That(report.Reason, Is.EqualTo("The time budget of 35 ms was used up after 2 of 10 steps."));
        Assert.That(report.Elapsed, Is.EqualTo(TimeSpan.FromMilliseconds(50)));
        Assert.That(learner.Steps, Is.Zero);
    }

    [Test]
    public void Adapt_PauseFile_IsRefusedByName()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();

        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = Curve, PauseFile = _folder["paused"] }),
            Throws
                .TypeOf<NotSupportedException>()
                .With.Message.EqualTo(
                    "PauseFile: ONNX Runtime Training does not hand out its optimiser's state, so that an adaptation cannot go on from a file; Kindling.Adapt can."
                )
        );
    }

    [Test]
    public void Adapt_Misfits_SayWhatWasExpected()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();

        Assert.That(
            () =>
                learner.Adapt(
                    new AdaptRequest
                    {
                        Support = Curve,
                        Steps = 0,
                        HoldOut = 0.7,
                    }
                ),
            Throws.ArgumentException.With.Message.StartsWith(
                "The request has 2 fault(s): HoldOut: expected 0 to 0.5, got 0.7. Steps: expected null or 1 to 1000000, got 0."
            )
        );
        Assert.That(
            () => learner.Adapt(SupportSet.FromTensors(new FloatTensor([1, 1], [1]), [0], ["a"])),
            Throws.ArgumentException.With.Message.StartsWith("'sinusoid' predicts numbers: its examples need targets")
        );
        Assert.That(
            () => learner.Predict(new FloatTensor([2], [1, 2])),
            Throws.ArgumentException.With.Message.StartsWith("One input of 'sinusoid' has shape [1], it came with [2].")
        );
        Assert.That(
            () => learner.Predict(new FloatTensor([1], [float.NaN])),
            Throws.ArgumentException.With.Message.StartsWith("Input 0 holds NaN at position 0")
        );
    }

    [Test]
    public void Adapt_EqualExamples_AreFound()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Linear));
        using OrtTrainingLearner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(SupportSet.FromTargets(new FloatTensor([3, 1], [1, 2, 1]), new FloatTensor([3, 1], [2, 4, 3])));

        Assert.That(
            report.Findings.Select(finding => finding.ToString()),
            Is.EqualTo(new[] { "Examples 0 (2) and 2 (3) are equal, but their labels are not." })
        );
    }

    [Test]
    public void Predict_WhileAdapting_SeesTheLastAcceptedState()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();
        float before = learner.Predict(Point).Values[0];
        List<float> during = [];

        learner.Adapt(Curve, new Progress(_ => during.Add(learner.Predict(Point).Values[0])));

        Assert.That(during, Has.Count.EqualTo(10));
        Assert.That(during, Is.All.EqualTo(before));
        Assert.That(learner.Predict(Point).Values[0], Is.Not.EqualTo(before));
    }

    [Test]
    public void Adapt_WithinAnother_IsRefused()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Sinusoid));
        using OrtTrainingLearner learner = model.CreateLearner();

        Assert.That(
            () => learner.Adapt(Curve, new Progress(_ => learner.Adapt(Curve))),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "Another adaptation of this learner is running; wait for it or cancel it."
            )
        );
    }

    [Test]
    public void Predict_ManyLearnersAndThreads_EachSeesItsOwn()
    {
        using OrtTrainingModel model = Models.Open(Released.Bundle(Released.Linear));
        OrtTrainingLearner[] learners =
        [
            .. Enumerable
                .Range(1, 4)
                .Select(slope =>
                {
                    OrtTrainingLearner learner = model.CreateLearner();
                    float[] x = [1, 2, 3, 4, 5];
                    learner.Adapt(
                        SupportSet.FromTargets(new FloatTensor([5, 1], x), new FloatTensor([5, 1], [.. x.Select(v => -slope * v)]))
                    );
                    return learner;
                }),
        ];
        float[] expected = [.. learners.Select(learner => learner.Predict(Point).Values[0])];

        Parallel.For(0, 400, i => Assert.That(learners[i % 4].Predict(Point).Values[0], Is.EqualTo(expected[i % 4])));
        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public void Members_AfterDisposal_Refuse()
    {
        OrtTrainingModel model = Models.Open(Released.Bundle(Released.Linear));
        OrtTrainingLearner learner = model.CreateLearner();
        OrtTrainingLearner second = model.CreateLearner();

        learner.Dispose();
        Assert.That(() => learner.Predict(Point), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => learner.Adapt(Released.Examples(Released.Linear)), Throws.TypeOf<ObjectDisposedException>());
        model.Dispose();
        model.Dispose();
        Assert.That(() => second.Predict(Point), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => model.CreateLearner(), Throws.TypeOf<ObjectDisposedException>());
    }

    private static FloatTensor One(SupportSet set, int i) => new([1, 28, 28], set.Inputs.Values[(i * 784)..((i + 1) * 784)]);

    /// <summary>A progress that is told on the adapting thread.</summary>
    private sealed class Progress(Action<AdaptProgress> report) : IProgress<AdaptProgress>
    {
        public void Report(AdaptProgress value) => report(value);
    }

    /// <summary>A clock that goes on by a fixed time whenever it is read.</summary>
    private sealed class TickingTime(TimeSpan tick) : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks += tick.Ticks;
    }
}
