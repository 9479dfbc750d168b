using Kindling.Bundles;
using Kindling.Tasks.Control;

namespace Kindling.Tasks.Tests.Control;

/// <summary>The plane with a goal that nobody sees, and policies that live in it.</summary>
[TestFixture]
internal sealed class NavigationTests
{
    private static readonly IControlFamily Worlds = (IControlFamily)TaskFamilies.Create(new TaskSpec { Type = "navigation" }, "data");

    [Test]
    public void Step_MovesByAtMostATenthAndPaysTheDistance()
    {
        IEnvironment world = Worlds.Create(Split.Test, new SeededRandom(5));
        float[] seen = new float[2];
        world.Reset(new SeededRandom(1), seen);
        Assert.That(seen, Is.EqualTo(new float[] { 0, 0 }));

        (float first, _) = world.Step([3, -0.05f], seen);
        Assert.That(seen, Is.EqualTo(new[] { 0.1f, -0.05f }));
        (float back, _) = world.Step([-0.1f, 0.05f], seen);
        Assert.That(seen, Is.EqualTo(new float[] { 0, 0 }).Within(1e-7));

        // two distances say where the goal is, but for a mirror; walking there ends the episode
        (float X, float Y)[] goals = [.. Goals(first, back)];
        Assert.That(goals.Any(goal => EndsAt(goal)), Is.True);
    }

    [Test]
    public void Create_EqualKeys_HaveEqualGoalsWithinTheSquare()
    {
        static float Distance(ulong key)
        {
            IEnvironment world = Worlds.Create(Split.Test, new SeededRandom(key));
            float[] seen = new float[2];
            world.Reset(new SeededRandom(0), seen);
            return -world.Step([0, 0], seen).Reward;
        }

        float[] distances = [.. Enumerable.Range(0, 300).Select(i => Distance((ulong)i))];
        Assert.That(distances, Is.EqualTo(Enumerable.Range(0, 300).Select(i => Distance((ulong)i))));
        Assert.That(distances.Max(), Is.LessThanOrEqualTo(Math.Sqrt(0.5)));
        // the mean distance from the middle of a unit square
        Assert.That(distances.Average(), Is.EqualTo(0.3826).Within(0.03));
    }

    // 200 is a number, and e to that no float
    [TestCase(float.PositiveInfinity)]
    [TestCase(200)]
    public void Course_APolicyThatDiverges_HasNoReturnFromThere(float diverged)
    {
        float output = 0;
        int judged = 0;
        double[] returns = Rollouts.Course(
            Worlds,
            Split.Test,
            new EpisodeShape(1, 2, 2),
            steps: 3,
            new SeededRandom(1),
            seen => new FloatTensor([seen.Shape[0], 4], [.. Enumerable.Repeat(output, seen.Shape[0] * 4)]),
            (_, _) => output = output == 0 ? -1 : diverged,
            _ => judged++
        );
        Assert.That(returns.Select(double.IsFinite), Is.EqualTo([true, true, false, false]));
        Assert.That(returns[2..], Is.All.NaN);
        Assert.That(judged, Is.EqualTo(2));
    }

    [Test]
    public void Collect_MoreEpisodes_LeaveTheFirstAsTheyAre()
    {
        Trajectory[] few = Collect(3, 7);
        Trajectory[] more = Collect(5, 7);
        Trajectory[] others = Collect(3, 8);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(more[i].Actions.Values, Is.EqualTo(few[i].Actions.Values));
            Assert.That(more[i].Rewards, Is.EqualTo(few[i].Rewards));
            Assert.That(others[i].Actions.Values, Is.Not.EqualTo(few[i].Actions.Values));
        }

        Assert.That(few.Select(t => t.Length), Is.All.LessThanOrEqualTo(100));
        Assert.That(few[0].Actions.Values, Is.Not.EqualTo(few[1].Actions.Values));
    }

    [Test]
    public void Sample_Episode_HasARowForEachStepThatCouldBe()
    {
        Episode episode = Worlds.Sample(Split.Train, new EpisodeShape(1, 2, 3), new SeededRandom(4));
        Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 200, 2 }));
        Assert.That(episode.SupportY.Shape, Is.EqualTo(new[] { 200, 4 }));
        Assert.That(episode.QueryX.Shape, Is.EqualTo(new[] { 300, 2 }));
        Assert.That(() => Worlds.Sample(Split.Train, new EpisodeShape(2, 1, 1), new SeededRandom(4)), Throws.ArgumentException);
        Assert.That(() => Worlds.Joint(Split.Train), Throws.TypeOf<BundleException>());
    }

    private static Trajectory[] Collect(int episodes, ulong seed) =>
        Rollouts.Collect(
            Worlds,
            () => Worlds.Create(Split.Test, new SeededRandom(5)),
            seen => new FloatTensor([seen.Shape[0], 4], [.. seen.Values.Chunk(2).SelectMany(s => new[] { -s[0], -s[1], -3, -3 })]),
            episodes,
            seed
        );

    // From distances to (0.1, -0.05) and to 0.
    private static IEnumerable<(float X, float Y)> Goals(float first, float back)
    {
        double along = ((back * back) - (first * first) + 0.0125) / (2 * Math.Sqrt(0.0125));
        double aside = Math.Sqrt(Math.Max(0, (back * back) - (along * along)));
        double length = Math.Sqrt(0.0125);
        foreach (double side in new[] { aside, -aside })
        {
            yield return ((float)(((0.1 * along) + (0.05 * side)) / length), (float)(((-0.05 * along) + (0.1 * side)) / length));
        }
    }

    private static bool EndsAt((float X, float Y) goal)
    {
        IEnvironment world = Worlds.Create(Split.Test, new SeededRandom(5));
        float[] seen = new float[2];
        world.Reset(new SeededRandom(1), seen);
        for (int t = 0; t < 20; t++)
        {
            if (world.Step([goal.X - seen[0], goal.Y - seen[1]], seen).IsOver)
            {
                return true;
            }
        }

        return false;
    }
}
