namespace Kindling.Bundles.Tests.Control;

/// <summary>Advantages by hand, and the examples made of them.</summary>
[TestFixture]
internal sealed class PolicyGradientTests
{
    // Where every episode is like every other, the baseline knows all that follows, and nothing is better than expected.
    [Test]
    public void Advantages_EpisodesAlike_AreWithoutSurprise()
    {
        Trajectory one = Of([1, 2, 3]);
        double[][] advantages = new PolicyGradient { Discount = 0.5 }.Advantages([one, Of([1, 2, 3]), Of([4, 2, 3])]);
        // the last one begins with 3 more than the others: only there is it better than expected
        Assert.That(advantages[2][0], Is.GreaterThan(1.5));
        Assert.That(advantages[0][0], Is.LessThan(0).And.EqualTo(advantages[1][0]));
        Assert.That(advantages.SelectMany(a => a.Skip(1)), Is.All.EqualTo(0).Within(0.02));
        Assert.That(one.Return, Is.EqualTo(6));
    }

    [TestCase(1.0)]
    [TestCase(0.9)]
    [TestCase(0.0)]
    public void Advantages_AnyLambda_HaveMeanZeroAndVarianceOne(double lambda)
    {
        double[] all =
        [
            .. new PolicyGradient { Lambda = lambda }
                .Advantages([Of([1, 5, 2, 0]), Of([0, -1]), Of([3, 3, 3])])
                .SelectMany(a => a),
        ];
        Assert.That(all, Has.Length.EqualTo(9));
        Assert.That(all.Average(), Is.EqualTo(0).Within(1e-9));
        Assert.That(all.Average(a => a * a), Is.EqualTo(1).Within(1e-6));
    }

    // With discount 0 an advantage is the reward less what was expected at that time: with one observation, the same in all episodes, its mean.
    [Test]
    public void Advantages_NoDiscount_AreRewardsLessTheirMean()
    {
        double[][] advantages = new PolicyGradient { Discount = 0 }.Advantages([Of([2]), Of([4]), Of([9])]);
        double deviation = Math.Sqrt(((3 * 3) + (1 * 1) + (4 * 4)) / 3.0);
        Assert.That(advantages.Select(a => a[0]), Is.EqualTo(new[] { -3 / deviation, -1 / deviation, 4 / deviation }).Within(1e-3));
    }

    [Test]
    public void Examples_ShorterEpisodes_AreFilledWithRowsThatWeighNothing()
    {
        PolicyGradient gradient = new();
        Trajectory[] trajectories = [Of([1, 5, 2]), Of([0])];
        (FloatTensor x, FloatTensor y) = gradient.Examples(trajectories, 4);
        double[][] advantages = gradient.Advantages(trajectories);

        Assert.That(x.Shape, Is.EqualTo(new[] { 8, 1 }));
        Assert.That(x.Values, Is.EqualTo(new float[] { 0, 1, 2, 0, 0, 0, 0, 0 }));
        Assert.That(y.Shape, Is.EqualTo(new[] { 8, 4 }));
        Assert.That(y.Values[..4], Is.EqualTo(new float[] { 0, 10, (float)advantages[0][0], 0 }));
        Assert.That(y.Values[4..8], Is.EqualTo(new float[] { 1, 11, (float)advantages[0][1], 0 }));
        Assert.That(y.Values[16..20], Is.EqualTo(new float[] { 0, 10, (float)advantages[1][0], 0 }));
        Assert.That(y.Values[12..16].Concat(y.Values[20..]), Is.All.Zero);
    }

    [Test]
    public void Examples_BadTrajectories_AreRefused()
    {
        PolicyGradient gradient = new();
        Assert.That(() => gradient.Examples([], 3), Throws.ArgumentException.With.Message.Contain("Expected at least one trajectory"));
        Assert.That(
            () => gradient.Examples([Of([1]), Of([1, 2, 3, 4])], 3),
            Throws.ArgumentException.With.Message.Contain("Trajectory 1 has 4 steps, expected at most 3.")
        );
        Trajectory wide = new(FloatTensor.Zeros(1, 2), FloatTensor.Zeros(1, 2), [0]);
        Assert.That(
            () => gradient.Examples([Of([1]), wide], 3),
            Throws.ArgumentException.With.Message.Contain(
                "Trajectory 1 has observations float[1, 2] and actions float[1, 2], trajectory 0 has float[1, 1] and float[1, 2]."
            )
        );
        Assert.That(
            () => new Trajectory(FloatTensor.Zeros(1, 2), FloatTensor.Zeros(2, 2), [0]),
            Throws.ArgumentException.With.Message.EqualTo(
                "Expected observations [steps, numbers], actions [steps, numbers] and as many rewards, got float[1, 2], float[2, 2] and 1 rewards."
            )
        );
        Assert.That(
            () => new Trajectory(FloatTensor.Zeros(1, 2), FloatTensor.Zeros(1, 2), [float.NaN]),
            Throws.ArgumentException.With.Message.EqualTo("Expected finite numbers, element 0 of the rewards is NaN.")
        );
    }

    [Test]
    public void NormalActions_MeanAndDeviation_AreThoseOfTheOutput()
    {
        Random random = new(3);
        float[] output = [0.5f, -2, MathF.Log(0.1f), 0];
        float[][] actions = [.. Enumerable.Range(0, 20_000).Select(_ => NormalActions.Draw(output, random))];
        Assert.That(actions.Average(a => a[0]), Is.EqualTo(0.5).Within(0.003));
        Assert.That(actions.Average(a => a[1]), Is.EqualTo(-2).Within(0.03));
        Assert.That(Math.Sqrt(actions.Average(a => Math.Pow(a[0] - 0.5, 2))), Is.EqualTo(0.1).Within(0.002));
        Assert.That(
            () => NormalActions.Draw([1, 2, 3], () => 0, new float[1]),
            Throws.ArgumentException.With.Message.Contain("Expected 1 means and as many logarithms")
        );
    }

    // Seen is the number of the step; done is that number, and 10 more.
    private static Trajectory Of(float[] rewards) =>
        new(
            new FloatTensor([rewards.Length, 1], [.. rewards.Select((_, t) => (float)t)]),
            new FloatTensor([rewards.Length, 2], [.. rewards.SelectMany((_, t) => new float[] { t, t + 10 })]),
            rewards
        );
}
