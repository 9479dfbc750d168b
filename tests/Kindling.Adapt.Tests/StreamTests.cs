using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Learners that follow a stream of examples.</summary>
public sealed class StreamTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    // One example of y = 2x after the other, then y = -3x: with a jump of 8 the learner starts again there and nowhere else; with one of 1000, and with a rule
    // that says nothing of streams, it follows.
    [TestCase(8.0)]
    [TestCase(1000.0)]
    [TestCase(null)]
    public async Task Observe_StreamThatChangesItsTask_StartsAgainWhereTheLossJumpsOnly(double? jump)
    {
        TestBundles.Linear(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 2,
                Rates = [0.05f],
                Jump = jump,
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        (double w, double b) = (TestBundles.LinearTheta[0], TestBundles.LinearTheta[1]);
        float? before = null;
        for (int i = 0; i < 12; i++)
        {
            double x = 1 + (i % 3);
            double y = i < 7 ? 2 * x : -3 * x;
            double loss = Math.Pow((w * x) + b - y, 2);
            bool jumped = jump is { } most && before is { } last && loss > last + most;
            (w, b) = jumped ? (TestBundles.LinearTheta[0], TestBundles.LinearTheta[1]) : (w, b);
            for (int step = 0; step < 2; step++)
            {
                double error = (w * x) + b - y;
                (w, b) = (w - (0.05 * 2 * error * x), b - (0.05 * 2 * error));
            }

            StreamReport report = await learner.ObserveAsync(Example(x, y));

            Assert.That(report.Loss, Is.EqualTo(loss).Within(0.01).Percent.Or.EqualTo(loss).Within(1e-5), $"example {i}");
            Assert.That(report.PreviousLoss, Is.EqualTo(before));
            Assert.That(report.Jumped, Is.EqualTo(jumped));
            Assert.That(report.Jumped, Is.EqualTo(jump == 8 && i == 7));
            Assert.That(report.Adaptation.Accepted, Is.True, report.Adaptation.Reason);
            Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(w).Within(1e-4));
            Assert.That(learner.Steps, Is.EqualTo(jump == 8 && i >= 7 ? 2 * (i - 6) : 2 * (i + 1)));
            before = report.Loss;
        }
    }

    // Of a single class that is known nothing has to be learned: its loss is 0 before and after. It counts all the same, or no second class could follow.
    [Test]
    public void Observe_FirstClassOfAStream_IsKnownAfterwards()
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 2, Rates = [0.4f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        FloatTensor point = new([1, 2], [1, 0.2f]);

        StreamReport first = learner.Observe(SupportSet.FromTensors(point, [0], ["ant"]));
        StreamReport second = learner.Observe(SupportSet.FromTensors(point, [0], ["bee"]));

        Assert.That((first.Loss, first.Adaptation.Accepted), Is.EqualTo((0f, true)), first.Adaptation.Reason);
        Assert.That(learner.Classes, Is.EqualTo(new[] { "ant", "bee" }));
        Assert.That((second.Loss > 0, second.Adaptation.Accepted), Is.EqualTo((true, true)), second.Adaptation.Reason);
    }

    // The loss of a class that nobody has named is above that of the one that everything is taken for: the parameters start again, the names stay.
    [Test]
    public void Observe_LossOfAClassifierJumps_KeepsTheNamesThatItHas()
    {
        TestBundles.Classifier(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 2,
                Rates = [0.4f],
                Jump = 0.1,
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        FloatTensor point = new([1, 2], [1, 0.2f]);

        _ = learner.Observe(SupportSet.FromTensors(point, [0], ["ant"]));
        StreamReport second = learner.Observe(SupportSet.FromTensors(point, [0], ["bee"]));

        Assert.That((second.Jumped, second.Adaptation.Accepted), Is.EqualTo((true, true)), second.Adaptation.Reason);
        Assert.That(learner.Classes, Is.EqualTo(new[] { "ant", "bee" }));
        Assert.That(learner.Steps, Is.EqualTo(2), "from the start");
        Assert.That(learner.Predict(new FloatTensor([2], [1, 0.2f])).Label, Is.EqualTo("bee"));
    }

    // The learner was far down the stream; what it says after that has nothing to do with it.
    [TestCase(true)]
    [TestCase(false)]
    public void Observe_AfterResetOrRollback_BeginsAStream(bool reset)
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Rates = [0.05f], Jump = 1 });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        for (int i = 0; i < 30; i++)
        {
            _ = learner.Observe(Example(1, 5));
        }

        if (reset)
        {
            learner.Reset();
        }
        else
        {
            Assert.That(learner.Rollback(), Is.True);
        }

        StreamReport next = learner.Observe(Example(1, 9));
        Assert.That((next.Jumped, next.PreviousLoss), Is.EqualTo((false, (float?)null)));
    }

    // A rate that is far too large raises the loss of the very examples that are adapted to.
    [TestCase(true)]
    [TestCase(false)]
    public void Observe_LossRises_CountsOnlyIfTheOptionsSaySo(bool requireImprovement)
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Steps = 1, Rates = [5f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { RequireImprovement = requireImprovement });
        using Learner learner = model.CreateLearner();
        Assert.That(learner.Observe(Example(1, 2)).Adaptation.Accepted, Is.EqualTo(!requireImprovement));
        Assert.That(learner.Steps, Is.EqualTo(requireImprovement ? 0 : 1));
    }

    [Test]
    public void Observe_Cancelled_LeavesTheLearnerAndItsStreamAsTheyWere()
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Rates = [0.05f], Jump = 1 });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        float loss = learner.Observe(Example(1, 2)).Loss;
        float w = learner.Parameters["w"].Values[0];

        Assert.That(() => learner.Observe(Example(1, 9), new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(w));
        Assert.That(learner.Observe(Example(1, 2)).PreviousLoss, Is.EqualTo(loss));
    }

    [Test]
    public void Observe_ExamplesOfAnotherShape_AreRefused()
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Jump = 1 });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        Assert.That(
            () => learner.Observe(SupportSet.FromTargets(new FloatTensor([1, 2], [1, 2]), new FloatTensor([1, 1], [1]))),
            Throws.ArgumentException.With.Message.StartsWith("Inputs of 'linear' have shape [n, 1]")
        );
    }

    private static SupportSet Example(double x, double y) =>
        SupportSet.FromTargets(new FloatTensor([1, 1], [(float)x]), new FloatTensor([1, 1], [(float)y]));
}
