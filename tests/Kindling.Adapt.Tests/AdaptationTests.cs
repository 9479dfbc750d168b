using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

public sealed class AdaptationTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Adapt_LinearOneStep_IsTheStepByHand()
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Steps = 1, Rates = [0.02f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(Data.Line);

        (double w, double b, double[] losses) = LinearSteps([0.02]);
        Assert.That(report.Accepted, Is.True, report.Reason);
        Assert.That(report.Losses, Is.EqualTo(losses).Within(1e-5));
        Assert.That(learner.Parameters["w"].Values, Is.EqualTo(new[] { w }).Within(1e-6));
        Assert.That(learner.Parameters["b"].Values, Is.EqualTo(new[] { b }).Within(1e-6));
        Assert.That(learner.Predict(new FloatTensor([1], [7f])).Values, Is.EqualTo(new[] { (7 * w) + b }).Within(1e-5));
        Assert.That(learner.Steps, Is.EqualTo(1));
    }

    [Test]
    public void Adapt_RatesPerStep_StepTakesItsRowAndThenTheLast()
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Steps = 4, Rates = [0.02f, 0.005f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport report = learner.Adapt(Data.Line);

        (double w, _, double[] losses) = LinearSteps([0.02, 0.005, 0.005, 0.005]);
        Assert.That(report.Losses, Is.EqualTo(losses).Within(1e-4));
        Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(w).Within(1e-5));
    }

    // A step is once through the examples, in order, at one rate; its loss is that of all of them where it begins.
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    [TestCase(7)]
    public void Adapt_InParts_EveryPartIsAnUpdate(int batch)
    {
        double[] rates = [0.01, 0.005, 0.005];
        TestBundles.Linear(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 3,
                Rates = [0.01f, 0.005f],
                Batch = batch,
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        (double W, double B)[] expected = new (double, double)[4];
        (double w, double b) = (TestBundles.LinearTheta[0], TestBundles.LinearTheta[1]);
        for (int step = 0; step <= 3; step++)
        {
            expected[step] = (w, b);
            for (int from = 1; step < 3 && from <= 5; from += batch)
            {
                int[] part = [.. Enumerable.Range(from, Math.Min(batch, 6 - from))];
                double[] errors = [.. part.Select(x => (w * x) + b - (2 * x))];
                (w, b) = (
                    w - (rates[step] * part.Zip(errors, (x, e) => 2 * x * e).Average()),
                    b - (rates[step] * errors.Average(e => 2 * e))
                );
            }
        }

        learner.Trace(
            Data.Line,
            3,
            point =>
            {
                (double stepW, double stepB) = expected[point.Step];
                Assert.That(point.Parameters()["w"].Values[0], Is.EqualTo(stepW).Within(1e-5), $"after {point.Step} steps");
                Assert.That(point.Parameters()["b"].Values[0], Is.EqualTo(stepB).Within(1e-5), $"after {point.Step} steps");
                Assert.That(
                    point.Loss,
                    Is.EqualTo(Enumerable.Range(1, 5).Average(x => Math.Pow((stepW * x) + stepB - (2 * x), 2))).Within(1e-4)
                );
            }
        );
        Assert.That(learner.Adapt(Data.Line).Accepted, Is.True);
        Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(expected[3].W).Within(1e-5));
    }

    [Test]
    public void Adapt_Classifier_ParametersAfterEachStepAreThoseOfPlainArithmetic()
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 10, Rates = [0.4f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        ReferenceClassifier reference = new();
        int points = 0;

        learner.Trace(
            Data.Three,
            10,
            point =>
            {
                IReadOnlyDictionary<string, FloatTensor> parameters = point.Parameters();
                foreach ((string name, double[] expected) in reference.Parameters)
                {
                    Assert.That(parameters[name].Values, Is.EqualTo(expected).Within(2e-6), $"{name} after {point.Step} steps");
                }

                double loss = reference.Step(Data.Points, Data.Labels, 3, 0.4f);
                Assert.That(point.Loss, Is.EqualTo(loss).Within(2e-6));
                points++;
            }
        );

        Assert.That(points, Is.EqualTo(11));
        Assert.That(learner.Steps, Is.Zero, "a trace leaves the learner alone");
    }

    [Test]
    public void Adapt_FewerClassesThanSlots_UnusedSlotIsMasked()
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 2, Rates = [0.4f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        ReferenceClassifier reference = new();
        FloatTensor x = Data.Two.Inputs;

        AdaptReport report = learner.Adapt(Data.Two);
        Prediction prediction = learner.Predict(Data.Point(1, 0));

        double[] losses = [reference.Step(x, Data.Labels[..4], 2, 0.4f), reference.Step(x, Data.Labels[..4], 2, 0.4f)];
        double[] expected = ReferenceClassifier.Softmax(reference.Logits(1, 0, out _), 2);
        Assert.That(report.Losses.Take(2), Is.EqualTo(losses).Within(1e-6));
        Assert.That(prediction.Names, Is.EqualTo(new[] { "ant", "bee" }));
        Assert.That(prediction.Label, Is.EqualTo("ant"));
        Assert.That(prediction.Values, Is.EqualTo(expected[..2]).Within(1e-6));
        Assert.That(prediction["bee"], Is.EqualTo(expected[1]).Within(1e-6));
    }

    [TestCase("momentum")]
    [TestCase("adam")]
    public void Adapt_OptimiserWithState_StateIsCarriedFromStepToStep(string optimizer)
    {
        TestBundles.Linear(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 5,
                Optimizer = optimizer,
                Rates = [0.01f],
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport first = learner.Adapt(Data.Line);

        Assert.That(first.Losses, Is.EqualTo(LinearSteps([0.01, 0.01, 0.01, 0.01, 0.01], optimizer).Losses).Within(1e-4));
        learner.Reset();
        AdaptReport second = learner.Adapt(Data.Line);
        Assert.That(second.Losses, Is.EqualTo(first.Losses), "state starts at zero each time");
    }

    [Test]
    public void Adapt_RatesOfParameterShape_EveryElementHasItsOwn()
    {
        TestBundles.Classifier(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 1,
                Rates = [0.4f],
                FullRates = true,
            }
        );
        TestBundles.Classifier(_folder["plain"], new TestBundleOptions { Steps = 1, Rates = [0.4f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using AdaptableModel plain = AdaptableModel.Open(_folder["plain"]);
        using Learner learner = model.CreateLearner();
        using Learner other = plain.CreateLearner();

        learner.Adapt(Data.Three);
        other.Adapt(Data.Three);

        float[] theta = TestBundles.ClassifierTheta()["head.b"].Values;
        float[] own = learner.Parameters["head.b"].Values;
        float[] same = other.Parameters["head.b"].Values;
        for (int i = 0; i < theta.Length; i++)
        {
            Assert.That(own[i] - theta[i], Is.EqualTo((same[i] - theta[i]) * (1 + (0.1f * i))).Within(1e-6));
        }
    }

    [Test]
    public void Adapt_HeadOnly_BodyStays()
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { HeadOnly = true });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        Assert.That(learner.Adapt(Data.Three).Accepted, Is.True);
        Assert.That(learner.Parameters.Keys, Is.EquivalentTo(new[] { "head.w", "head.b" }));
    }

    [Test]
    public void Adapt_SupportStatistics_AreThoseOfTheSupportSetAndTravelWithTheDelta()
    {
        TestBundles.Classifier(
            _folder["b"],
            new TestBundleOptions
            {
                Normalization = "support",
                Rates = [0.4f],
                Steps = 2,
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        double[] mean =
        [
            Data.Points.Values.Where((_, i) => i % 2 == 0).Average(value => (double)value),
            Data.Points.Values.Where((_, i) => i % 2 == 1).Average(value => (double)value),
        ];
        ReferenceClassifier reference = new() { Mean = mean };
        reference.Step(Data.Points, Data.Labels, 3, 0.4f);
        reference.Step(Data.Points, Data.Labels, 3, 0.4f);

        learner.Adapt(Data.Three);
        learner.Save(_folder["d.adapted"]);
        using Learner back = model.OpenLearner(_folder["d.adapted"]);

        double[] expected = ReferenceClassifier.Softmax(reference.Logits(0.3, 0.4, out _), 3);
        Assert.That(learner.Parameters["mean"].Values, Is.EqualTo(mean).Within(1e-6));
        Assert.That(learner.Predict(Data.Point(0.3f, 0.4f)).Values, Is.EqualTo(expected).Within(1e-6));
        Assert.That(back.Predict(Data.Point(0.3f, 0.4f)).Values, Is.EqualTo(learner.Predict(Data.Point(0.3f, 0.4f)).Values));
    }

    [TestCase("support")]
    [TestCase("batch")]
    public void OutputsTransductive_Statistics_AreThoseOfTheQueries(string normalization)
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Normalization = normalization });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        FloatTensor queries = new([2, 2], [3f, 1f, 5f, 2f]);
        ReferenceClassifier reference = new() { Mean = [4, 1.5] };

        FloatTensor outputs = learner.OutputsTransductive(queries);

        Assert.That(outputs.Values[..3], Is.EqualTo(reference.Logits(3, 1, out _)).Within(1e-5));
        Assert.That(outputs.Values[3..], Is.EqualTo(reference.Logits(5, 2, out _)).Within(1e-5));
    }

    [Test]
    public void OutputsInductive_BatchStatistics_EachInputIsItsOwnBatch()
    {
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Normalization = "batch" });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        FloatTensor outputs = learner.OutputsInductive(new FloatTensor([2, 2], [3f, 1f, 5f, 2f]));

        // Centred by itself, every input is zero.
        double[] zero = new ReferenceClassifier().Logits(0, 0, out _);
        Assert.That(outputs.Values[..3], Is.EqualTo(zero).Within(1e-6));
        Assert.That(outputs.Values[3..], Is.EqualTo(zero).Within(1e-6));
    }

    [Test]
    public void Adapt_Again_GoesOnFromWhereItWas()
    {
        TestBundles.Linear(_folder["b"], new TestBundleOptions { Steps = 1, Rates = [0.01f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        AdaptReport first = learner.Adapt(Data.Line);
        AdaptReport second = learner.Adapt(Data.Line);

        Assert.That(second.LossBefore, Is.EqualTo(first.LossAfter).Within(1e-6));
        Assert.That(learner.Steps, Is.EqualTo(2));
    }

    [Test]
    public void Adapt_NewClassLater_TakesTheNextSlot()
    {
        TestBundles.Classifier(_folder["b"]);
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        learner.Adapt(SupportSet.FromExamples([("cat", Data.Point(1, 0)), ("bee", Data.Point(-1, 1))]));
        Assert.That(learner.Classes, Is.EqualTo(new[] { "bee", "cat" }));
        learner.Adapt(SupportSet.FromExamples([("ant", Data.Point(0, -1)), ("cat", Data.Point(1, 0))]));

        Assert.That(learner.Classes, Is.EqualTo(new[] { "bee", "cat", "ant" }));
    }

    [Test]
    public void CreateLearner_OwnStart_StartsThereWithItsRate()
    {
        TestBundles.Linear(
            _folder["b"],
            new TestBundleOptions
            {
                Steps = 1,
                Rates = [0.02f, 0.5f],
                FullRates = true,
            }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner(
            new LearnerStart
            {
                Parameters = new Dictionary<string, FloatTensor> { ["w"] = new([1, 1], [0f]) },
                Rate = 0.01f,
            }
        );

        learner.Adapt(Data.Line);

        (double w, double b, _) = LinearSteps([0.01], w: 0);
        Assert.That(learner.Parameters["w"].Values[0], Is.EqualTo(w).Within(1e-6));
        Assert.That(learner.Parameters["b"].Values[0], Is.EqualTo(b).Within(1e-6));
        Assert.That(
            () => learner.Save(_folder["d"]),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "A learner that started elsewhere than at the bundle's meta-initialisation has no delta; Bake writes it whole."
            )
        );
    }

    private static (double W, double B, double[] Losses) LinearSteps(double[] rates, string optimizer = "sgd", double w = 0.5)
    {
        double b = -0.25;
        double[] first = [0, 0];
        double[] second = [0, 0];
        List<double> losses = [];
        for (int step = 0; step <= rates.Length; step++)
        {
            double loss = 0;
            double[] g = [0, 0];
            for (int x = 1; x <= 5; x++)
            {
                double difference = (w * x) + b - (2 * x);
                loss += difference * difference / 5;
                g[0] += 2 * difference * x / 5;
                g[1] += 2 * difference / 5;
            }

            losses.Add(loss);
            if (step == rates.Length)
            {
                break;
            }

            double[] update = [.. g];
            for (int i = 0; i < 2 && optimizer != "sgd"; i++)
            {
                first[i] = optimizer == "momentum" ? (0.9 * first[i]) + g[i] : (0.9 * first[i]) + (0.1 * g[i]);
                second[i] = (0.999 * second[i]) + (0.001 * g[i] * g[i]);
                double scale = Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step + 1))) + 1e-8;
                update[i] = optimizer == "momentum" ? first[i] : first[i] / (1 - Math.Pow(0.9, step + 1)) / scale;
            }

            w -= rates[step] * update[0];
            b -= rates[step] * update[1];
        }

        return (w, b, [.. losses]);
    }
}
