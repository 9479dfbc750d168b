using CsCheck;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class SeededRandomTests
{
    [Test]
    public void NextUInt64_OfFixedKeys_GivesTheCommittedStream()
    {
        SeededRandom random = new(1, 2, 3, 4);

        Assert.That(
            (ulong[])[random.NextUInt64(), random.NextUInt64(), random.NextUInt64()],
            Is.EqualTo(new ulong[] { 1840901652470213138, 4545616749940998919, 16837564876124005669 })
        );
    }

    [Test]
    public void NextUInt64_OfKeysInAnotherPlace_GivesAnotherStream()
    {
        ulong[] firsts =
        [
            new SeededRandom(1).NextUInt64(),
            new SeededRandom(0, 1).NextUInt64(),
            new SeededRandom(0, 0, 1).NextUInt64(),
            new SeededRandom(0, 0, 0, 1).NextUInt64(),
            new SeededRandom(0).NextUInt64(),
        ];

        Assert.That(firsts.Distinct().Count(), Is.EqualTo(firsts.Length));
    }

    [Test]
    public void NextInt_OverManyDraws_IsUniform()
    {
        SeededRandom random = new(5);
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++)
        {
            counts[random.NextInt(7)]++;
        }

        Assert.That(counts, Has.All.InRange(9_600, 10_400));
    }

    [Test]
    public void NextGaussian_OverManyDraws_HasMeanZeroAndVarianceOne()
    {
        SeededRandom random = new(6);
        double[] values = [.. Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian())];

        Assert.That(values.Average(), Is.EqualTo(0).Within(0.02));
        Assert.That(values.Average(v => v * v), Is.EqualTo(1).Within(0.02));
    }

    [Test]
    public void NextSingle_OverManyDraws_StaysInItsRange()
    {
        SeededRandom random = new(7);
        float[] values = [.. Enumerable.Range(0, 10_000).Select(_ => random.NextSingle(-5.5f, 5.5f))];

        Assert.That(values, Has.All.InRange(-5.5f, 5.5f));
        Assert.That(values.Min(), Is.LessThan(-5.4f));
        Assert.That(values.Max(), Is.GreaterThan(5.4f));
    }

    [Test]
    public void Sample_OfAnySize_GivesDifferentNumbersBelowTheBound()
    {
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 200], Gen.ULong)
            .Sample(
                (a, b, seed) =>
                {
                    int[] chosen = new SeededRandom(seed).Sample(Math.Max(a, b), Math.Min(a, b));
                    return chosen.Distinct().Count() == Math.Min(a, b) && Array.TrueForAll(chosen, c => c >= 0 && c < Math.Max(a, b));
                },
                iter: 300
            );
    }

    [Test]
    public void Sample_OfMoreThanThereAre_IsRefused()
    {
        Assert.That(
            () => new SeededRandom(1).Sample(3, 4),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("chosen")
        );
    }

    [Test]
    public void Shuffle_OfThreeItems_GivesEveryOrderAboutEquallyOften()
    {
        SeededRandom random = new(8);
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 6_000; i++)
        {
            char[] items = ['a', 'b', 'c'];
            random.Shuffle<char>(items);
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.That(counts, Has.Count.EqualTo(6));
        Assert.That(counts.Values, Has.All.InRange(880, 1120));
    }
}
