namespace Kindling.Export.Tests;

public sealed class VerificationReportTests
{
    [TestCase(20, 1, 1e-7, ExpectedResult = true)]
    [TestCase(19, 0.98, 1e-7, ExpectedResult = true, Description = "one episode flips, in many of its values")]
    [TestCase(18, 0.98, 1e-7, ExpectedResult = false)]
    [TestCase(5, 0.99, 1e-7, ExpectedResult = true, Description = "most episodes flip, in few values")]
    [TestCase(20, 1, 1.1e-4, ExpectedResult = false, Description = "no episode may be off as a whole")]
    [TestCase(20, 1, double.NaN, ExpectedResult = false)]
    public bool Passed_EpisodesValuesAndNorm_Decide(int agreeing, double values, double norm) => Report(agreeing, values, norm).Passed;

    [Test]
    public void ToString_EpisodesThatFlip_AreNamedWithTheShareOfValues()
    {
        Assert.That(
            Report(18, 0.9976, 5.1e-8).ToString(),
            Is.EqualTo(
                "18 of 20 reference episodes agree over 10 steps; worst relative error: norms 5.1e-8, values 2.0e-3, losses 1.0e-6; "
                    + "episodes that do not agree: 3, 7, with 99.76 % of all values in agreement"
            )
        );
    }

    private static VerificationReport Report(int agreeing, double values, double norm) =>
        new(20, 10, agreeing, values, norm, 2e-3, 1e-6, agreeing == 20 ? [] : [3, 7]);
}
