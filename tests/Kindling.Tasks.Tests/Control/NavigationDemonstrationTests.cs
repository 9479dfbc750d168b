using Kindling.Tasks.Control;

namespace Kindling.Tasks.Tests.Control;

/// <summary>Navigation that is shown by a demonstrator of another domain.</summary>
[TestFixture]
internal sealed class NavigationDemonstrationTests
{
    private static readonly IActingFamily Family = (IActingFamily)
        TaskFamilies.Create(new TaskSpec { Type = "navigation-demonstration" }, "data");

    private static readonly EpisodeShape Shape = new(1, 11, 100);

    // The last place that is seen less the first, turned back and doubled, is the goal but for two blurs; where the frame begins says nothing.
    [Test]
    public void Sample_Demonstration_ShowsTheGoalFromTheSideAtHalfSize()
    {
        List<double> errors = [];
        List<double> origins = [];
        List<double> steps = [];
        for (ulong key = 0; key < 200; key++)
        {
            Episode episode = Family.Sample(Split.Test, Shape, new SeededRandom(2, key));
            float[] seen = episode.SupportX.Values;
            (double x, double y) = (2 * (seen[^1] - seen[3]), -2 * (seen[^2] - seen[2]));
            (double goalX, double goalY) = Goal(episode);
            errors.AddRange([x - goalX, y - goalY]);
            origins.AddRange([seen[2], seen[3]]);
            steps.AddRange(
                Enumerable
                    .Range(0, Shape.Shots - 1)
                    .Where(t => Math.Abs(episode.SupportY.Values[2 * t]) < 1 && Math.Abs(episode.SupportY.Values[^2]) < 1)
                    .Select(t => episode.SupportY.Values[2 * t] - episode.SupportY.Values[^2] + (2 * (seen[(4 * t) + 3] - seen[^1]) / 0.1))
            );
            Assert.That(
                Enumerable.Range(0, Shape.Shots).SelectMany(t => seen[(4 * t)..((4 * t) + 2)]),
                Has.All.Zero,
                "where the point is, is not shown"
            );
        }

        Assert.That(errors.Average(), Is.Zero.Within(0.005));
        Assert.That(Math.Sqrt(errors.Average(e => e * e)), Is.EqualTo(0.02 * Math.Sqrt(2)).Within(0.003));
        Assert.That(
            steps,
            Has.Count.GreaterThan(100).And.All.EqualTo(0).Within(1e-4),
            "targets are the steps from the places that are shown"
        );
        Assert.That((origins.Min(), origins.Max()), Is.EqualTo((-1.0, 1.0)).Within(0.05));
    }

    [Test]
    public void Sample_QuerySet_AsksWithoutShowingAnything()
    {
        Episode episode = Family.Sample(Split.Train, Shape, new SeededRandom(3));
        (double goalX, double goalY) = Goal(episode);
        for (int i = 0; i < Shape.Queries; i++)
        {
            float[] x = episode.QueryX.Values[(4 * i)..((4 * i) + 4)];
            Assert.That(x[..2], Has.All.InRange(-0.6f, 0.6f));
            Assert.That(x[2..], Has.All.Zero);
            Assert.That(episode.QueryY.Values[2 * i], Is.EqualTo(Math.Clamp((goalX - x[0]) / 0.1, -1, 1)).Within(1e-4));
            Assert.That(episode.QueryY.Values[(2 * i) + 1], Is.EqualTo(Math.Clamp((goalY - x[1]) / 0.1, -1, 1)).Within(1e-4));
        }
    }

    // Whoever does what the query set's targets say reaches the goal of the same task, and of no other.
    [Test]
    public void World_OfTheSameTask_EndsWhereTheTargetsLead()
    {
        for (ulong key = 0; key < 20; key++)
        {
            (double goalX, double goalY) = Goal(Family.Sample(Split.Test, Shape, new SeededRandom(4, key)));
            Assert.That(Reaches(Family.World(Split.Test, new SeededRandom(4, key)), goalX, goalY), Is.True);
            Assert.That(Reaches(Family.World(Split.Test, new SeededRandom(5, key)), goalX, goalY), Is.False);
            Assert.That(Reaches(Family.World(Split.Validation, new SeededRandom(4, key)), goalX, goalY), Is.False);
        }
    }

    private static bool Reaches(IEnvironment world, double goalX, double goalY)
    {
        float[] seen = new float[4];
        world.Reset(new SeededRandom(0), seen);
        bool isOver = false;
        for (int t = 0; t < 20 && !isOver; t++)
        {
            (_, isOver) = world.Step([Towards(goalX - seen[0]), Towards(goalY - seen[1])], seen);
            Assert.That(seen[2..], Has.All.Zero);
        }

        return isOver;
    }

    private static float Towards(double distance) => (float)Math.Clamp(distance / 0.1, -1, 1);

    // From a query example that is nearer than a step, in each direction.
    private static (double X, double Y) Goal(Episode episode)
    {
        double Of(int axis) =>
            Enumerable
                .Range(0, episode.QueryX.Shape[0])
                .Select(i => (Place: episode.QueryX.Values[(4 * i) + axis], Step: episode.QueryY.Values[(2 * i) + axis]))
                .Where(q => Math.Abs(q.Step) < 1)
                .Select(q => q.Place + (0.1 * q.Step))
                .First();
        return (Of(0), Of(1));
    }
}
