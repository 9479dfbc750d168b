using System.Collections.Concurrent;
using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Many learners of one model at once.</summary>
public sealed class ManyLearnersTests
{
    private const int Users = 200;
    private TemporaryFolder _folder = null!;
    private AdaptableModel _model = null!;
    private ConcurrentBag<AdaptReport> _told = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _told = [];
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
        _model = AdaptableModel.Open(_folder["b"], new AdaptOptions { Adapted = _told.Add });
    }

    [TearDown]
    public void TearDown()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Adapt_TwoHundredAtOnceWithPredictionsRunning_IsSerialToTheBit(bool oneCall)
    {
        SupportSet[] sets = [.. Enumerable.Range(0, Users).Select(Own)];
        using Learner untouched = _model.CreateLearner();
        float[] fresh = Scores(untouched);
        float[][] expected =
        [
            .. sets.Select(set =>
            {
                using Learner learner = _model.CreateLearner();
                _ = learner.Adapt(set);
                return Scores(learner);
            }),
        ];
        Learner[] learners = [.. sets.Select(_ => _model.CreateLearner())];
        using CancellationTokenSource done = new();
        Task<int>[] readers =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(reader =>
                    Task.Run(() =>
                    {
                        int torn = 0;
                        for (int i = reader; !done.IsCancellationRequested; i++)
                        {
                            float[] got = Scores(learners[i % Users]);
                            torn += got.SequenceEqual(fresh) || got.SequenceEqual(expected[i % Users]) ? 0 : 1;
                        }

                        return torn;
                    })
                ),
        ];

        if (oneCall)
        {
            _ = await _model.AdaptManyAsync([.. learners.Zip(sets, (learner, set) => (learner, Request(set)))]);
        }
        else
        {
            _ = await Task.WhenAll(learners.Zip(sets, (learner, set) => learner.AdaptAsync(set)));
        }

        await done.CancelAsync();
        Assert.That(await Task.WhenAll(readers), Is.All.Zero, "torn reads");
        Assert.That(learners.Select(Scores), Is.EqualTo(expected));
        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public async Task AdaptManyAsync_ReportsInOrder_AndTellsOfEach()
    {
        using Learner two = _model.CreateLearner();
        using Learner three = _model.CreateLearner();
        AdaptReport[] reports = await _model.AdaptManyAsync([
            (two, Request(Data.Two)),
            (three, new AdaptRequest { Support = Data.Three, Steps = 2 }),
        ]);
        Assert.That(reports.Select(report => report.Steps), Is.EqualTo(new[] { 5, 2 }));
        Assert.That(_told, Is.EquivalentTo(reports));
        Assert.That((two.Classes.Count, three.Classes.Count), Is.EqualTo((2, 3)));
    }

    [Test]
    public async Task AdaptManyAsync_Nothing_ReportsNothing() => Assert.That(await _model.AdaptManyAsync([]), Is.Empty);

    [Test]
    public void AdaptManyAsync_OneThatDoesNotFit_NamesItAndAdaptsNone()
    {
        using AdaptableModel other = AdaptableModel.Open(_folder["b"]);
        using Learner good = _model.CreateLearner();
        using Learner bad = _model.CreateLearner();
        using Learner foreign = other.CreateLearner();
        void Refused((Learner, AdaptRequest) second, string message)
        {
            Assert.That(
                () => _model.AdaptManyAsync([(good, Request(Data.Three)), second]),
                Throws.ArgumentException.With.Message.EqualTo($"Adaptation 1: {message} (Parameter 'adaptations')")
            );
            Assert.That((good.Steps, _told.Count), Is.EqualTo((0, 0)));
        }

        Refused(
            (bad, new AdaptRequest { Support = Data.Three, Steps = 0 }),
            "The request has 1 fault(s): Steps: expected null or 1 to 1000000, got 0. (Parameter 'request')"
        );
        Refused((good, Request(Data.Three)), "the learner is in the list before; one adaptation of a learner runs at a time.");
        Refused((foreign, Request(Data.Three)), "the learner is another model's.");
        Assert.That(() => good.Adapt(Data.Three), Throws.Nothing, "the turn was given back");
    }

    [Test]
    public void AdaptManyAsync_Cancelled_LeavesLearnersAsTheyWere()
    {
        Learner[] learners = [.. Enumerable.Range(0, 4).Select(_ => _model.CreateLearner())];
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(20));
        Assert.That(
            () =>
                _model.AdaptManyAsync(
                    [
                        .. learners.Select(learner =>
                            (learner, new AdaptRequest { Support = Data.Three, Steps = AdaptRequest.MaximumSteps })
                        ),
                    ],
                    cancel.Token
                ),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(learners.Select(learner => learner.Steps), Is.All.Zero);
        Assert.That(() => learners[0].Adapt(Data.Three), Throws.Nothing, "the turn was given back");
        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public void AdaptManyAsync_WhoeverIsToldThrows_BatchesThatRanAreKept()
    {
        const int Batch = 3;
        using AdaptableModel model = AdaptableModel.Open(
            Root.Combine("models", "linear", "bundle"),
            new AdaptOptions { Steps = 5, Adapted = _ => throw new InvalidOperationException("no") }
        );
        Learner[] learners = [.. Enumerable.Range(0, Batch * Environment.ProcessorCount).Select(_ => model.CreateLearner())];

        Assert.That(
            () => model.AdaptManyAsync([.. learners.Select(learner => (learner, Request(Data.Line)))]),
            Throws.InvalidOperationException.With.Message.EqualTo("no")
        );

        Assert.That(learners.Chunk(Batch).Select(batch => batch.Select(learner => learner.Steps).Distinct().Count()), Is.All.EqualTo(1));
        Assert.That(learners.Max(learner => learner.Steps), Is.EqualTo(5));
        Array.ForEach(learners, learner => learner.Dispose());
    }

    [Test]
    public void Predict_BuffersOfAState_AreKeptWhereTheyAreSmallAndWhileItIsThePresentOne()
    {
        using Learner learner = _model.CreateLearner();
        Snapshot state;
        InferContext one;
        InferContext two;
        using (Learner.PendingAdaptation pending = learner.Begin(Request(Data.Three)))
        {
            state = pending.Adaptation.Origin;
            InferContext many = state.Rent(100_000);
            state.Return(many);
            one = state.Rent(1);
            two = state.Rent(1);
            Assert.That(one, Is.Not.SameAs(many));
            state.Return(one);
            Assert.That(Again(), Is.SameAs(one));

            pending.Accept(pending.Adaptation.Run(progress: null, default));

            Assert.That(Again(), Is.Not.SameAs(one), "it is an earlier one now");
            state.Return(two);
            Assert.That(Again(), Is.Not.SameAs(two), "returned afterwards");
        }

        Assert.That(learner.Rollback(), Is.True);
        InferContext kept = Again();
        Assert.That(Again(), Is.SameAs(kept), "it is the present one again");

        InferContext Again()
        {
            InferContext context = state.Rent(1);
            state.Return(context);
            return context;
        }
    }

    private static AdaptRequest Request(SupportSet set) => new() { Support = set };

    /// <summary>The three classes, a little elsewhere for each user.</summary>
    private static SupportSet Own(int user) =>
        SupportSet.FromTensors(
            new FloatTensor([6, 2], [.. Data.Points.Values.Select((value, i) => value + (0.001f * user * ((i % 3) - 1)))]),
            Data.Labels,
            ["ant", "bee", "cat"]
        );

    private static float[] Scores(Learner learner)
    {
        float[] scores = new float[TestBundles.Slots];
        _ = learner.Predict([0.2f, 0.3f], scores);
        return scores;
    }
}
