using Kindling.Evaluate.Benchmarks;
using Kindling.Export;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class PassBenchmarkTests
{
    [Test]
    public void Measure_Bundle_TellsWhatEachPassLeaves()
    {
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [8] }""", TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");

        PassBenchmarkReport report = PassBenchmark.Measure(bundle.Path, BundleGraphs.AdaptStages, TimeProvider.System, 2);

        Assert.That(
            report.Stages.Select(s => s.Pass),
            Is.EqualTo(
                new[]
                {
                    "",
                    "ConvolutionLowering",
                    "ConstantFolding",
                    "CommonSubexpressions",
                    "ImpliedExpansions",
                    "DeadCode",
                    "all of these again",
                }
            )
        );
        Assert.That(report.Stages[1].Nodes, Is.EqualTo(report.Stages[0].Nodes), "there is no convolution");
        // what a pass makes useless is there until the dead nodes go
        Assert.That(report.Stages.SkipLast(1).Select(s => s.Nodes), Is.All.GreaterThanOrEqualTo(report.Stages[^1].Nodes));
        Assert.That(report.Stages[^1].Nodes, Is.LessThan(report.Stages[0].Nodes));
        Assert.That(report.Stages[^1].PlannedBytes, Is.Positive.And.LessThanOrEqualTo(report.Stages[0].PlannedBytes!.Value));
        Assert.That(report.Stages.Select(s => s.MillisecondsPerStep), Is.All.Positive);
    }
}
