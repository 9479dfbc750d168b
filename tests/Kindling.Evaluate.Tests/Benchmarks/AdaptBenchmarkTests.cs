using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Benchmarks;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class AdaptBenchmarkTests
{
    private const string Mlp = """{ "type": "mlp", "hidden": [16, 16] }""";

    private static IEnumerable<TestCaseData> Networks =>
        [
            Row("linear", """{ "type": "linear" }""", TrainedBundle.Sinusoid, """{ "rate": 0.005 }"""),
            Row("mlp none", Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.005 }"""),
            Row(
                "mlp layer",
                """{ "type": "mlp", "hidden": [16], "normalization": "layer" }""",
                TrainedBundle.Sinusoid,
                """{ "rate": 0.005 }"""
            ),
            Row("mlp classes", Mlp, TrainedBundle.Glyphs, """{ "rate": 0.01 }"""),
            .. from mode in new[] { "none", "batch", "support", "group", "layer" }
            from down in new[] { "stride", "pool" }
            select Row(
                $"conv4 {mode} {down}",
                $$"""{ "type": "conv4", "filters": 8, "normalization": "{{mode}}", "downsample": "{{down}}" }""",
                TrainedBundle.Glyphs,
                """{ "rate": 0.01 }"""
            ),
            .. from optimizer in new[] { "momentum", "adam", "adamw" }
            from decay in new[] { "0", "0.1" }
            select Row(
                $"mlp {optimizer} decay {decay}",
                Mlp,
                TrainedBundle.Sinusoid,
                $$"""{ "optimizer": "{{optimizer}}", "rate": 0.002, "weightDecay": {{decay}} }"""
            ),
            Row("mlp sgd decay 0.1", Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.005, "weightDecay": 0.1 }"""),
            Row("mlp head", Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.005, "adapts": "head" }"""),
        ];

    [TestCaseSource(nameof(Networks))]
    public void Parity_HandWrittenStepOfEveryNetwork_AgreesWithTheRuntime(string network, string tasks, string inner)
    {
        using TrainedBundle bundle = new(network, tasks, inner);
        using AdaptableModel model = AdaptableModel.Open(bundle.Path);
        using HandWrittenStep step = AdaptBenchmark.HandWrite(bundle.Path, model.Manifest);

        StepParity parity = StepParity.Measure(model, step, BundleEpisodes.Read(bundle.Path));

        Assert.That(parity.Episodes, Is.EqualTo(20));
        Assert.That(parity.Passed, Is.True, parity.ToString());
    }

    [Test]
    public void Measure_Policy_TimesOneStepAgainAndAgain()
    {
        using TrainedBundle bundle = new(
            """{ "type": "policy", "hidden": [16, 8] }""",
            """{ "type": "navigation", "shots": 4, "queries": 4 }""",
            """{ "rate": 0.1, "steps": 1, "loss": "policy-gradient" }"""
        );
        AdaptBenchmarkReport report = AdaptBenchmark.Measure(bundle.Path, 1, TimeProvider.System);
        Assert.That(
            (report.Parity.Steps, report.Parity.Agreeing, report.Parity.Passed),
            Is.EqualTo((1, 20, true)),
            report.Parity.ToString()
        );
        Assert.That((report.Examples, report.StepsPerBlock), Is.EqualTo((400, 100)));
        Assert.That(report.MillisecondsPerStep, Is.Positive);
    }

    [Test]
    public void Parity_AnotherRate_DoesNotPass()
    {
        using TrainedBundle bundle = new(Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");
        using TrainedBundle other = new(Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.0052 }""");
        using AdaptableModel model = AdaptableModel.Open(bundle.Path);
        using HandWrittenStep step = AdaptBenchmark.HandWrite(other.Path, model.Manifest);

        StepParity parity = StepParity.Measure(model, step, BundleEpisodes.Read(bundle.Path));

        Assert.That(parity.Passed, Is.False, parity.ToString());
    }

    [Test]
    public void Errors_OneValueOff_AreRelativeToParametersTensorAndStep()
    {
        Dictionary<string, FloatTensor> actual = new() { ["p"] = new([2], [2.002f, 1]), ["q"] = new([1], [0]) };
        Dictionary<string, FloatTensor> expected = new() { ["p"] = new([2], [2, 1]), ["q"] = new([1], [0]) };
        Dictionary<string, FloatTensor> before = new() { ["p"] = new([2], [2, 1.5f]), ["q"] = new([1], [0]) };

        (double norm, double value, double step) = StepParity.Errors(actual, expected, before);

        Assert.That(norm, Is.EqualTo(0.002 / Math.Sqrt(5)).Within(1e-6));
        Assert.That(value, Is.EqualTo(0.001).Within(1e-6));
        Assert.That(step, Is.EqualTo(0.004).Within(1e-6));
    }

    [Test]
    public void Errors_NotANumber_AreInfinite()
    {
        Dictionary<string, FloatTensor> actual = new() { ["p"] = new([1], [float.NaN]) };
        Dictionary<string, FloatTensor> expected = new() { ["p"] = new([1], [1]) };

        Assert.That(
            StepParity.Errors(actual, expected, expected),
            Is.EqualTo((double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity))
        );
    }

    // Every block reads the clock twice, so that it takes one tick of 250 ms for its 100 steps.
    [Test]
    public void Measure_ClockThatTicks_GivesTicksPerStepOfBothEngines()
    {
        using TrainedBundle bundle = new(Mlp, TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");

        AdaptBenchmarkReport report = AdaptBenchmark.Measure(bundle.Path, threads: 2, new TickingTime(TimeSpan.FromMilliseconds(250)));

        Assert.That(report.MillisecondsPerStep, Is.EqualTo(2.5));
        Assert.That(report.LibtorchMillisecondsPerStep, Is.EqualTo(2.5));
        Assert.That(report.RatioToLibtorch, Is.EqualTo(1));
        Assert.That((report.Threads, report.Examples, report.StepsPerBlock, report.Blocks), Is.EqualTo((2, 10, 100, 5)));
        Assert.That(report.BytesPerPrediction, Is.LessThanOrEqualTo(1));
        Assert.That(report.BytesPerPredictionObject, Is.InRange(1, 256));
        Assert.That(report.BytesPerStep, Is.InRange(1, 4096));
        Assert.That(report.PredictionsPerSecond, Is.EqualTo(500 / 0.25));
        Assert.That(report.OperationsPerStep, Is.GreaterThan(1000));
        Assert.That(report.ShareOfPeak, Is.EqualTo(report.OperationsPerStep / 2.5e-3 * 0.25 / 2147483648).Within(1e-9));
    }

    [Test]
    public void Measure_NoBundle_SaysWhatWasExpected()
    {
        Assert.That(
            () => AdaptBenchmark.Measure("nowhere", 1, TimeProvider.System),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("nowhere: no bundle here; expected a folder with manifest.json or a .kindling file.")
        );
    }

    [TestCase(new double[] { 3, 1, 2 }, ExpectedResult = 2)]
    [TestCase(new double[] { 4, 1, 3, 2 }, ExpectedResult = 2.5)]
    public double Median_OddOrEven_IsTheMiddle(double[] samples) => Statistics.Median(samples);

    private static TestCaseData Row(string name, string network, string tasks, string inner) =>
        new TestCaseData(network, tasks, inner).SetArgDisplayNames(name);
}
