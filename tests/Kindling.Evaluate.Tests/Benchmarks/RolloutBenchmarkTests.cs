using Kindling.Bundles;
using Kindling.Evaluate.Benchmarks;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class RolloutBenchmarkTests
{
    // 20 episodes of 100 steps a task, and a clock of which each look takes a second: two tasks in a run of 2 s, which the last look finds to have taken 3.
    [Test]
    public void Measure_ClockThatTicks_CountsTheStepsOfARun()
    {
        RolloutBenchmarkReport report = RolloutBenchmark.Measure(
            ["point-robot"],
            threads: 1,
            new TickingTime(TimeSpan.FromSeconds(1)),
            TimeSpan.FromSeconds(2)
        );
        Assert.That((report.Threads, report.Episodes, report.Runs, report.SecondsPerRun), Is.EqualTo((1, 20, 3, 2)));
        RolloutBenchmarkFamily family = report.Families.Single();
        Assert.That(family.Family, Is.EqualTo("point-robot"));
        Assert.That(family.StepsPerSecond, Is.EqualTo(4000 / 3.0).Within(1e-9));
        Assert.That(family.StepsPerSecondWithPolicy, Is.EqualTo(4000 / 3.0).Within(1e-9));
    }

    [Test]
    public void Measure_OtherFamilies_AreRefused() =>
        Assert.That(
            () => RolloutBenchmark.Measure(["sinusoid"], 1, TimeProvider.System),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "'sinusoid' is no family of worlds to act in, expected one of navigation, point-robot, reacher, runner, runner-direction."
                )
        );
}
