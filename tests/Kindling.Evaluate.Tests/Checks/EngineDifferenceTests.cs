using Kindling.Evaluate.Checks;

namespace Kindling.Evaluate.Tests.Checks;

public sealed class EngineDifferenceTests
{
    [TestCase(new double[] { 1, 2, 4 }, new double[] { 1, 2.5, 4 }, 0.125)]
    [TestCase(new double[] { 0.1, 0.2 }, new double[] { 0.1, 0.3 }, 0.1)]
    [TestCase(new double[] { }, new double[] { }, 0)]
    [TestCase(new[] { double.NaN, double.NegativeInfinity, 2 }, new[] { double.NaN, double.NegativeInfinity, 1 }, 0.5)]
    [TestCase(new double[] { 1, 2, 3 }, new[] { 1, double.NaN, 3 }, double.PositiveInfinity)]
    [TestCase(new[] { 1, double.NaN, 3 }, new double[] { 1, 2, 3 }, double.PositiveInfinity)]
    [TestCase(new[] { double.PositiveInfinity, 1 }, new[] { double.NegativeInfinity, 1 }, double.PositiveInfinity)]
    public void Of_TwoResults_IsTheLargestDifferenceAndNeverPassesOverANumberThatIsNone(
        double[] expected,
        double[] got,
        double difference
    ) => Assert.That(EngineDifference.Of(expected, got), Is.EqualTo(difference).Within(1e-12));
}
