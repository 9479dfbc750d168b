namespace Kindling.Evaluate.Tests;

public sealed class MetricSeriesTests
{
    [Test]
    public void Of_FourEpisodes_GivesMeanAndHalfWidthPerStep()
    {
        MetricSeries series = MetricSeries.Of([
            [0, 1],
            [2, 1],
            [0, 1],
            [2, 1],
        ]);
        Assert.That(series.Mean, Is.EqualTo(new double[] { 1, 1 }));
        // s = sqrt(4 / 3), so 1.96 s / sqrt(4)
        Assert.That(series.Ci95[0], Is.EqualTo(1.96 * Math.Sqrt(4.0 / 3) / 2).Within(1e-12));
        Assert.That(series.Ci95[1], Is.Zero);
    }
}
