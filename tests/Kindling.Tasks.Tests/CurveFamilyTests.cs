namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class CurveFamilyTests
{
    private static readonly EpisodeShape Shape = new(1, 10, 20);

    private static ITaskFamily Create(string type) => TaskFamilies.Create(new TaskSpec { Type = type }, "data");

    private static double Slope(Episode episode) => episode.SupportY.Values[0] / episode.SupportX.Values[0];

    [TestCase(Split.Train)]
    [TestCase(Split.Validation)]
    public void Sample_LinearOutsideTest_KeepsAwayFromTheTestPair(Split split)
    {
        ITaskFamily family = Create("linear");
        double[] slopes = [.. Enumerable.Range(0, 2_000).Select(i => Slope(family.Sample(split, Shape, new SeededRandom(3, (ulong)i))))];

        Assert.That(slopes, Has.All.InRange(0.9999, 4.0001));
        Assert.That(slopes.Min(a => Math.Abs(a - 2)), Is.GreaterThan(0.0499));
        Assert.That(slopes.Min(a => Math.Abs(a - 3)), Is.GreaterThan(0.0499));
        Assert.That(slopes.Average(), Is.EqualTo(2.5).Within(0.06));
    }

    [Test]
    public void Sample_LinearTest_DrawsTheTestPairOnly()
    {
        ITaskFamily family = Create("linear");
        HashSet<double> slopes =
        [
            .. Enumerable.Range(0, 100).Select(i => Math.Round(Slope(family.Sample(Split.Test, Shape, new SeededRandom(3, (ulong)i))), 4)),
        ];

        Assert.That(slopes, Is.EquivalentTo(new[] { 2.0, 3.0 }));
    }

    [Test]
    public void Sample_Sinusoid_HasOneCurveWithinTheRanges()
    {
        ITaskFamily family = Create("sinusoid");
        for (ulong i = 0; i < 200; i++)
        {
            Episode episode = family.Sample(Split.Train, Shape, new SeededRandom(4, i));

            // y = b sin x - c cos x with b = A cos p and c = A sin p, solved from two points, holds at all others.
            float[] x = [.. episode.SupportX.Values, .. episode.QueryX.Values];
            float[] y = [.. episode.SupportY.Values, .. episode.QueryY.Values];
            int second = Enumerable.Range(1, 29).MaxBy(n => Math.Abs(Math.Sin(x[0] - x[n])));
            double determinant = Math.Sin(x[second] - x[0]);
            double b = ((Math.Cos(x[second]) * -y[0]) + (Math.Cos(x[0]) * y[second])) / determinant;
            double c = ((Math.Sin(x[0]) * y[second]) - (Math.Sin(x[second]) * y[0])) / determinant;
            double amplitude = Math.Sqrt((b * b) + (c * c));
            Assert.That(amplitude, Is.InRange(0.0999, 5.0001));
            Assert.That(c, Is.GreaterThan(-1e-4), "the phase is within [0, pi]");
            Assert.That(x, Has.All.InRange(-5f, 5f));
            for (int n = 0; n < x.Length; n++)
            {
                Assert.That((b * Math.Sin(x[n])) - (c * Math.Cos(x[n])), Is.EqualTo(y[n]).Within(1e-4));
            }
        }
    }

    [Test]
    public void Sample_Demonstration_ShowsTheCurveInTheSupportSetAlone()
    {
        ITaskFamily family = Create("demonstration");
        HashSet<double> offsets = [];
        for (ulong i = 0; i < 300; i++)
        {
            Episode episode = family.Sample(Split.Train, Shape, new SeededRandom(5, i));
            double[] drift =
            [
                .. Enumerable.Range(0, 10).Select(n => episode.SupportX.Values[(2 * n) + 1] - (episode.SupportY.Values[n] / 2.0)),
            ];
            Assert.That(drift, Has.All.EqualTo(drift[0]).Within(1e-5), "all examples of a task share the offset");
            Assert.That(episode.QueryX.Values.Where((_, n) => n % 2 == 1), Has.All.Zero);
            Assert.That(drift[0], Is.InRange(-1, 1));
            _ = offsets.Add(Math.Round(drift[0], 1));
        }

        Assert.That(offsets, Has.Count.EqualTo(21), "offsets fill [-1, 1]");
    }

    [TestCase("linear")]
    [TestCase("sinusoid")]
    public void Sample_OfShape_HasPointsAsColumns(string type)
    {
        Episode episode = Create(type).Sample(Split.Train, Shape, new SeededRandom(1));

        Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 10, 1 }));
        Assert.That(episode.SupportY.Shape, Is.EqualTo(new[] { 10, 1 }));
        Assert.That(episode.QueryX.Shape, Is.EqualTo(new[] { 20, 1 }));
        Assert.That(episode.QueryY.Shape, Is.EqualTo(new[] { 20, 1 }));
        Assert.That(episode.Classes, Is.Empty);
    }

    [Test]
    public void Sample_RegressionWithTwoWays_IsRefused()
    {
        Assert.That(
            () => Create("linear").Sample(Split.Train, new EpisodeShape(2, 1, 1), new SeededRandom(1)),
            Throws.ArgumentException.With.Message.EqualTo("linear is a regression: ways must be 1, got 2. (Parameter 'shape')")
        );
    }

    [Test]
    public void Joint_OfLinear_SamplesPointsOfTrainingTasks()
    {
        JointData joint = Create("linear").Joint(Split.Train);
        float[] x = new float[1];
        float[] y = new float[1];
        SeededRandom random = new(9);
        HashSet<double> slopes = [];
        for (int i = 0; i < 100; i++)
        {
            joint.Sample(random, x, y);
            slopes.Add(Math.Round(y[0] / x[0], 3));
        }

        Assert.That(slopes, Has.Count.GreaterThan(90));
        Assert.That(
            () => joint.Label(0),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "These examples have no numbers and no classes: they are drawn with Sample alone."
            )
        );
    }
}
