using Kindling.Evaluate.Plots;
using Kindling.Train.Session;
using ScottPlot;

namespace Kindling.Evaluate.Tests.Plots;

/// <summary>Curves of trainings.</summary>
public sealed class TrainingPlotTests
{
    // A loss of exactly 0 is a classification's that knows everything; below 0 goes a policy's alone.
    [TestCase(0.0, "loss (logarithmic)")]
    [TestCase(-0.01, "loss")]
    [TestCase(double.NaN, "loss (logarithmic)")]
    public void LossPanel_OfLosses_IsLogarithmicUnlessOneIsBelow0(double last, string axis)
    {
        using Plot plot = TrainingPlot.LossPanel([Line(1, 0.5), Line(2, 0.1), Line(3, last)], "x");
        Assert.That(plot.Axes.Left.Label.Text, Is.EqualTo(axis));
    }

    [TestCase("return", "return")]
    [TestCase("bitsPerByte", "bits per byte (logarithmic)")]
    [TestCase("mAP@0.5", "mean average precision at 0.5")]
    public void ValidationPanel_OfAMetric_SaysWhichItIs(string metric, string axis)
    {
        using Plot plot = TrainingPlot.ValidationPanel([Line(1, 0.5), Line(2, 0.1)], "x", MetricWords.Of(metric));
        Assert.That(plot.Axes.Left.Label.Text, Is.EqualTo(axis));
    }

    private static TrainingMetrics Line(int iteration, double loss) => new(iteration, loss, [0.2, 0.4], 100);
}
