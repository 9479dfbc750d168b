using Kindling.Tasks.Families;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class GlyphFamilyTests
{
    private static readonly ClassFamily Family = (ClassFamily)
        TaskFamilies.Create(
            new TaskSpec
            {
                Type = "glyphs",
                Ways = 5,
                Shots = 1,
                Queries = 5,
                TrainClasses = 40,
                ValidationClasses = 10,
                TestClasses = 50,
            },
            "data"
        );

    [Test]
    public void Classes_OfTheSplits_AreDisjoint()
    {
        string[] names = [.. Enum.GetValues<Split>().SelectMany(s => Family.Classes(s)).Select(c => c.Name)];

        Assert.That(names, Has.Length.EqualTo(100));
        Assert.That(names.Distinct().Count(), Is.EqualTo(100));
        Assert.That(Family.Classes(Split.Train)[0].Name, Is.EqualTo("glyph0000"));
        Assert.That(Family.Classes(Split.Test)[^1].Name, Is.EqualTo("glyph0099"));
    }

    [Test]
    public void Fill_OfEveryItem_HasInkOnADarkGround()
    {
        JointData joint = Family.Joint(Split.Train);
        float[] x = new float[28 * 28];
        for (int i = 0; i < joint.ItemCount; i++)
        {
            joint.Fill(i, x);
            Assert.That(x.Max(), Is.EqualTo(1f));
            Assert.That(x.Average(), Is.InRange(0.02f, 0.35f));
            Assert.That(x[0], Is.Zero);
        }
    }

    [Test]
    public void Sample_NearestPictureOfFiveWays_IsFarAboveChance()
    {
        // The classes must look alike within and differ between: raw pixels reach well above the 20 % of chance.
        EpisodeShape shape = new(5, 1, 5);
        int right = 0;
        for (ulong e = 0; e < 100; e++)
        {
            Episode episode = Family.Sample(Split.Test, shape, new SeededRandom(2, e));
            for (int q = 0; q < shape.QueryCount; q++)
            {
                int nearest = Enumerable.Range(0, 5).MinBy(s => Distance(episode, q, s));
                right += nearest == (int)episode.QueryY.Values[q] ? 1 : 0;
            }
        }

        Assert.That(right / 2500.0, Is.InRange(0.6, 0.98));
    }

    [Test]
    public void DataHash_OfAHundredClasses_IsTheKnownOne()
    {
        Assert.That(
            Family.DataHash,
            Is.EqualTo("0c04e3a3637fcd3e67c13e9b1c52129983e2eb8a72e168f0e48f3805717bd0f4"),
            "the glyphs have changed: released models were trained on others"
        );
    }

    private static float Distance(Episode episode, int query, int support)
    {
        ReadOnlySpan<float> a = episode.QueryX.Values.AsSpan(query * 784, 784);
        ReadOnlySpan<float> b = episode.SupportX.Values.AsSpan(support * 784, 784);
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }
}
