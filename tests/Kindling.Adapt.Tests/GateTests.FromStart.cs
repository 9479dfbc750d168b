using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <content>Adaptations that begin anew, beside a learner that has something already.</content>
public sealed partial class GateTests
{
    [Test]
    public void Adapt_FromStart_EqualsAFreshLearner()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        using Learner fresh = model.CreateLearner();
        learner.Adapt(SupportSet.FromExamples([("dog", Data.Point(1, 1)), ("cat", Data.Point(-1, 0))]));

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = Data.Three, FromStart = true });
        AdaptReport expected = fresh.Adapt(Data.Three);

        Assert.That(report.Losses, Is.EqualTo(expected.Losses));
        Assert.That((learner.Steps, learner.Classes), Is.EqualTo((fresh.Steps, fresh.Classes)));
        Assert.That(learner.Parameters["head.w"].Values, Is.EqualTo(fresh.Parameters["head.w"].Values));
        Assert.That(learner.Rollback(), Is.True);
        Assert.That(learner.Classes, Is.EqualTo(new[] { "cat", "dog" }));
    }

    [Test]
    public void Adapt_FromStartButWorseThanThePresentState_IsNotTakenOver()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        for (int i = 0; i < 10; i++)
        {
            learner.Adapt(Data.Two);
        }

        AdaptRequest request = new()
        {
            Support = Data.Two,
            Validation = Data.Two,
            FromStart = true,
        };
        AdaptReport report = learner.Adapt(request);

        Assert.That((report.Accepted, learner.Steps), Is.EqualTo((false, 50)));
        Assert.That(
            report.Reason,
            Is.EqualTo(
                $"The validation loss did not improve: {learner.Loss(Data.Two):0.######} before, {report.Validation![5]:0.######} at best, after 5 of 5 steps."
            )
        );
    }

    [Test]
    public void Adapt_FromStartWithAClassThatThePresentStateLacks_BeatsIt()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Two);

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Three,
                Validation = Data.Three,
                FromStart = true,
            }
        );

        Assert.That(report.Accepted, Is.True);
        Assert.That(report.Reason, Does.StartWith("The validation loss went from Infinity to "));
        Assert.That(learner.Classes, Is.EqualTo(new[] { "ant", "bee", "cat" }));
    }
}
