using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Whether the result of an adaptation is taken over.</summary>
public sealed partial class GateTests
{
    private const float Rate = 0.002f;

    private static readonly FloatTensor Xs = new([5, 1], [1, 2, 3, 4, 5]);

    /// <summary>y = 1.4x: on the way from the meta-initialisation to y = 2x.</summary>
    private static readonly SupportSet OnTheWay = SupportSet.FromTargets(Xs, new FloatTensor([5, 1], [1.4f, 2.8f, 4.2f, 5.6f, 7]));

    /// <summary>y = -x: away from it.</summary>
    private static readonly SupportSet Away = SupportSet.FromTargets(Xs, new FloatTensor([5, 1], [-1, -2, -3, -4, -5]));

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Linear(_folder["line"], new TestBundleOptions { Steps = 60, Rates = [Rate] });
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Adapt_ValidationSet_TakesTheStepThatIsBestOnIt()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);
        using Learner learner = model.CreateLearner();
        (double[] losses, double w, int best) = Path();

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = Data.Line, Validation = OnTheWay });

        Assert.That(best, Is.InRange(2, 50), "the best step is on the way");
        Assert.That(report.Accepted, Is.True, report.Reason);
        Assert.That((report.Steps, report.TakenStep, learner.Steps), Is.EqualTo((60, best, best)));
        Assert.That(report.Validation, Is.EqualTo(losses).Within(1e-4));
        Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(w).Within(1e-5));
        Assert.That(
            report.Reason,
            Is.EqualTo(
                $"The validation loss went from {report.Validation![0]:0.######} to {report.Validation[best]:0.######} after {best} of 60 steps."
            )
        );
    }

    [Test]
    public void Adapt_Patience_StopsSoManyStepsAfterTheBest()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);
        using Learner learner = model.CreateLearner();
        int best = Path().Best;

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Line,
                Validation = OnTheWay,
                Patience = 3,
            }
        );

        Assert.That((report.Steps, report.TakenStep), Is.EqualTo((best + 3, best)));
    }

    [Test]
    public void Adapt_NothingBetterOnTheValidationSet_LeavesTheLearnerAsItWas()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);
        using Learner learner = model.CreateLearner();
        float[] before = learner.Parameters["w"].Values;

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Line,
                Validation = Away,
                Patience = 4,
            }
        );

        Assert.That((report.Accepted, report.Steps, report.TakenStep, learner.Steps), Is.EqualTo((false, 4, 0, 0)));
        Assert.That(learner.Parameters["w"].Values, Is.EqualTo(before));
        Assert.That(learner.Rollback(), Is.False);
        Assert.That(
            report.Reason,
            Is.EqualTo(
                $"The validation loss did not improve: {report.Validation![0]:0.######} before, {report.Validation[1]:0.######} at best, after 1 of 60 steps."
            )
        );
    }

    [Test]
    public void Adapt_NothingBetterButNotRequired_TakesTheBestStep()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"], new AdaptOptions { RequireImprovement = false, Steps = 3 });
        using Learner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = Data.Line, Validation = Away });

        Assert.That((report.Accepted, report.TakenStep, learner.Steps), Is.EqualTo((true, 1, 1)));
    }

    [Test]
    public void Adapt_ClassifierValidation_LossIsTheCrossEntropyOfSinglePredictions()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        ReferenceClassifier reference = new();
        List<double> expected = [];
        for (int step = 0; step <= 5; step++)
        {
            double loss = -Math.Log(ReferenceClassifier.Softmax(reference.Logits(0.9, 0.1, out _), 2)[0]);
            loss -= Math.Log(ReferenceClassifier.Softmax(reference.Logits(-0.7, 0.9, out _), 2)[1]);
            expected.Add(loss / 2);
            reference.Step(Data.Two.Inputs, Data.Labels[..4], 2, 0.4f);
        }

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Two,
                Validation = SupportSet.FromExamples([("bee", Data.Point(-0.7f, 0.9f)), ("ant", Data.Point(0.9f, 0.1f))]),
            }
        );

        Assert.That(report.Validation, Is.EqualTo(expected).Within(1e-5));
        Assert.That(report.TakenStep, Is.EqualTo(5));
    }

    [Test]
    public void Adapt_Accuracy_CountsRightLabelsAndTheLossDecidesBetweenEqualOnes()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Three,
                Validation = Data.Three,
                Metric = AdaptMetric.Accuracy,
            }
        );

        Assert.That(report.Accepted, Is.True, report.Reason);
        Assert.That(report.Validation![0], Is.LessThan(1));
        Assert.That(report.Validation[^1], Is.EqualTo(1));
        Assert.That(report.TakenStep, Is.EqualTo(5));
        Assert.That(
            report.Reason,
            Is.EqualTo($"The validation accuracy went from {report.Validation[0]:0.######} to 1 after 5 of 5 steps.")
        );
        AdaptReport again = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Three,
                Validation = Data.Three,
                Metric = AdaptMetric.Accuracy,
            }
        );
        Assert.That(again.Accepted, Is.False, "as many right as before is not better");
    }

    [Test]
    public void Adapt_ValidationOfAnUnknownClass_IsRefused()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = Data.Two, Validation = Data.Three }),
            Throws.ArgumentException.With.Message.EqualTo(
                "Validation example 4 is of the class 'cat', the learner has ant, bee. (Parameter 'validation')"
            )
        );
        Assert.That(learner.Classes, Is.Empty);
    }

    [Test]
    public void Adapt_AccuracyOfNumbers_IsRefused()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);
        using Learner learner = model.CreateLearner();

        Assert.That(
            () =>
                learner.Adapt(
                    new AdaptRequest
                    {
                        Support = Data.Line,
                        HoldOut = 0.2,
                        Metric = AdaptMetric.Accuracy,
                    }
                ),
            Throws.ArgumentException.With.Message.EqualTo(
                "'linear' predicts numbers, which have no accuracy: judge by the loss. (Parameter 'metric')"
            )
        );
    }

    [Test]
    public void Adapt_TimeBudgetUsedUp_LeavesTheLearnerAsItWas()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Three,
                Steps = AdaptRequest.MaximumSteps,
                TimeBudget = TimeSpan.FromMilliseconds(30),
            }
        );

        Assert.That((report.Accepted, report.TakenStep, learner.Steps, learner.Classes.Count), Is.EqualTo((false, 0, 0, 0)));
        Assert.That(report.Steps, Is.LessThan(AdaptRequest.MaximumSteps));
        Assert.That(
            report.Reason,
            Is.EqualTo($"The time budget of 30 ms was used up after {report.Steps} of {AdaptRequest.MaximumSteps} steps.")
        );
    }

    [Test]
    public void Adapt_CancelledWithinTheTimeBudget_IsACancellation()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        using CancellationTokenSource cancel = new();

        Assert.That(
            () =>
                learner.Adapt(
                    new AdaptRequest { Support = Data.Three, TimeBudget = TimeSpan.FromHours(1) },
                    new Canceller(cancel),
                    cancel.Token
                ),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(learner.Steps, Is.Zero);
    }

    [Test]
    public void Adapt_RequestWithFaults_AllAreListed()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        Assert.That(
            () =>
                learner.Adapt(
                    new AdaptRequest
                    {
                        Support = Data.Three,
                        HoldOut = 0.7,
                        Metric = (AdaptMetric)7,
                        Steps = 0,
                        Patience = 0,
                        TimeBudget = TimeSpan.Zero,
                    }
                ),
            Throws.ArgumentException.With.Message.EqualTo(
                "The request has 5 fault(s): HoldOut: expected 0 to 0.5, got 0.7. Metric: expected one of Loss, Accuracy; got 7. "
                    + "Steps: expected null or 1 to 1000000, got 0. Patience: expected null or at least 1, got 0. "
                    + "TimeBudget: expected null or more than 0 and at most 2147483647 ms, got 00:00:00. (Parameter 'request')"
            )
        );
        Assert.That(
            new AdaptRequest { Support = Data.Three, Patience = 2 }.Validate(),
            Is.EqualTo(new[] { "Patience, Metric: they judge a validation set; give Validation or HoldOut." })
        );
        Assert.That(
            new AdaptRequest
            {
                Support = Data.Three,
                HoldOut = 0.2,
                Validation = Data.Three,
            }.Validate(),
            Is.EqualTo(new[] { "HoldOut: must be 0 where Validation is given." })
        );
        Assert.That(
            new AdaptRequest { Support = Data.Three, HoldOut = double.NaN }.Validate(),
            Is.EqualTo(new[] { "HoldOut: expected 0 to 0.5, got NaN." })
        );
    }

    /// <summary>Validation losses, and w at the best step, of plain gradient descent.</summary>
    private static (double[] Losses, double W, int Best) Path()
    {
        double w = TestBundles.LinearTheta[0];
        double b = TestBundles.LinearTheta[1];
        List<double> losses = [];
        List<double> ws = [];
        for (int step = 0; step <= 60; step++)
        {
            (double loss, double gw, double gb) = (0, 0, 0);
            for (int x = 1; x <= 5; x++)
            {
                double validation = (w * x) + b - (1.4 * x);
                loss += validation * validation / 5;
                double difference = (w * x) + b - (2 * x);
                gw += 2 * difference * x / 5;
                gb += 2 * difference / 5;
            }

            losses.Add(loss);
            ws.Add(w);
            w -= Rate * gw;
            b -= Rate * gb;
        }

        int best = losses.IndexOf(losses.Min());
        return ([.. losses], ws[best], best);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<AdaptProgress>
    {
        public void Report(AdaptProgress value) => source.Cancel();
    }
}
