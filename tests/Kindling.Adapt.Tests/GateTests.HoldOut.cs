using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <content>Part of the support set as validation set.</content>
public sealed partial class GateTests
{
    [Test]
    public void Adapt_HoldOut_FitsTheRestAndJudgesByTheHeldOut()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner held = model.CreateLearner();
        using Learner same = model.CreateLearner();
        // Of two examples of a class one is held out: the second.
        SupportSet fitted = SupportSet.FromTensors(
            new FloatTensor([3, 2], [.. Data.Points.Values[..2], .. Data.Points.Values[4..6], .. Data.Points.Values[8..10]]),
            [0, 1, 2],
            ["ant", "bee", "cat"]
        );
        SupportSet validation = SupportSet.FromTensors(
            new FloatTensor([3, 2], [.. Data.Points.Values[2..4], .. Data.Points.Values[6..8], .. Data.Points.Values[10..12]]),
            [0, 1, 2],
            ["ant", "bee", "cat"]
        );

        AdaptReport report = held.Adapt(new AdaptRequest { Support = Data.Three, HoldOut = 0.2 });
        AdaptReport expected = same.Adapt(new AdaptRequest { Support = fitted, Validation = validation });

        Assert.That(report.Validation, Is.EqualTo(expected.Validation));
        Assert.That(report.Losses, Is.EqualTo(expected.Losses));
        Assert.That(held.Parameters["head.w"].Values, Is.EqualTo(same.Parameters["head.w"].Values));
    }

    [TestCase(10, 0.2, new[] { 2, 7 })]
    [TestCase(10, 0.5, new[] { 1, 3, 5, 7, 9 })]
    [TestCase(3, 0.1, new[] { 1 })]
    [TestCase(2, 0.5, new[] { 1 })]
    public void Split_OneGroup_TakesTheShareAtEvenDistances(int count, double share, int[] expected)
    {
        FloatTensor x = new([count, 1], [.. Enumerable.Range(0, count).Select(i => (float)i)]);

        (SupportSet fitted, SupportSet validation) = HoldOut.Split(SupportSet.FromTargets(x, x), share);

        Assert.That(validation.Inputs.Values, Is.EqualTo(expected.Select(i => (float)i)));
        Assert.That(fitted.Inputs.Values.Concat(validation.Targets!.Values).Order(), Is.EqualTo(x.Values));
    }

    [Test]
    public void Adapt_NothingToHoldOut_SaysWhy()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        SupportSet oneEach = SupportSet.FromExamples([("ant", Data.Point(1, 0)), ("bee", Data.Point(-1, 1))]);

        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = oneEach, HoldOut = 0.2 }),
            Throws.ArgumentException.With.Message.EqualTo(
                "Nothing can be held out: that takes at least two examples of a class; give a validation set instead. (Parameter 'support')"
            )
        );
    }
}
