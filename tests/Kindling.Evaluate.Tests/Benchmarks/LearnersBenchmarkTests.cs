using Kindling.Evaluate.Benchmarks;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class LearnersBenchmarkTests
{
    [Test]
    public void Measure_Bundle_GivesSizesAndTheTimeOfAReload()
    {
        using TrainedBundle bundle = new("""{ "type": "linear" }""", TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");

        LearnersBenchmarkReport report = LearnersBenchmark.Measure(bundle.Path, 20, 50, new TickingTime(TimeSpan.FromMilliseconds(40)));

        Assert.That((report.Learners, report.Adaptations, report.Bundle), Is.EqualTo((20, 50, bundle.Path)));
        Assert.That(report.DeltaKilobytes, Is.EqualTo(0.008), "a weight and a bias");
        Assert.That(report.MillisecondsToReload, Is.EqualTo(40));
        Assert.That(report.MegabytesAtTheEnd, Is.GreaterThan(1));
        Assert.That(report.MegabytesOpened, Is.GreaterThan(1));
        // a process gives pages back now and then, so that its peak afterwards may be a little lower
        Assert.That(report.MegabytesPredicting, Is.GreaterThan(0.9 * report.MegabytesOpened).Or.Null);
        Assert.That(report.MegabytesAdapting, Is.GreaterThan(1).Or.Null);
        Assert.That(
            (report.Users, report.AdaptationsPerSecondApart, report.AdaptationsPerSecondTogether),
            Is.EqualTo((20, 20 / 0.04, 20 / 0.04))
        );
    }
}
