using Kindling.Evaluate.Benchmarks;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class StepProfileTests
{
    [TestCase("""{ "rate": 0.005 }""")]
    [TestCase("""{ "optimizer": "adam", "rate": 0.005 }""")]
    public void Measure_Bundle_CountsTheOperatorsOfAStep(string inner)
    {
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [8] }""", TrainedBundle.Sinusoid, inner);

        string[] before = Directory.GetFiles(".");

        StepProfileReport report = StepProfile.Measure(bundle.Path);

        Assert.That(Directory.GetFiles("."), Is.EquivalentTo(before), "the trace is not left in the working directory");

        // Two layers forward, two weight gradients, one gradient of the hidden units; none is repeated.
        double products = report
            .Operators.Where(entry => entry.Operator.Contains("MatMul") || entry.Operator.Contains("Gemm"))
            .Sum(entry => entry.NodesPerStep);
        Assert.That(products, Is.EqualTo(5));
        Assert.That(report.Operators.Select(entry => entry.MicrosecondsPerStep), Is.Ordered.Descending);
        Assert.That(report.MicrosecondsPerStep, Is.EqualTo(report.Operators.Sum(entry => entry.MicrosecondsPerStep)).And.GreaterThan(0));
    }
}
