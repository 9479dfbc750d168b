using Kindling.Bundles;
using Kindling.Tasks.Control;

namespace Kindling.Tasks.Tests.Control;

/// <summary>A point whose mass, friction and motors differ from task to task.</summary>
[TestFixture]
internal sealed class PointRobotTests
{
    private static readonly IControlFamily Worlds = (IControlFamily)TaskFamilies.Create(new TaskSpec { Type = "point-robot" }, "data");

    // m = 2, c = 0.5, turned by a quarter: a force of 1 to the right (3 is cut to it) pushes up. v = 0.1 * 1 / 2 = 0.05, then 0.05 + 0.1 * (1 - 0.025) / 2 = 0.09875.
    [Test]
    public void Step_TurnedByAQuarter_PushesUpAsNewtonSays()
    {
        PointRobot robot = new(2, 0.5f, MathF.PI / 2);
        float[] seen = new float[4];
        robot.Reset(new SeededRandom(3), seen);
        (float x, float y) = (seen[0], seen[1]);
        Assert.That(seen[2..], Is.EqualTo(new float[] { 0, 0 }));

        (float reward, bool isOver) = robot.Step([3, 0], seen);
        Assert.That(seen, Is.EqualTo(new[] { x, y + 0.005f, 0, 0.05f }).Within(1e-6));
        Assert.That(reward, Is.EqualTo(-Math.Sqrt((x * x) + ((y + 0.005) * (y + 0.005)))).Within(1e-6));
        Assert.That(isOver, Is.False);

        _ = robot.Step([1, 0], seen);
        Assert.That(seen, Is.EqualTo(new[] { x, y + 0.014875f, 0, 0.09875f }).Within(1e-6));
    }

    // With f = c v it speeds up no more: 1 / 2 here.
    [Test]
    public void Step_PushedOn_StopsAtTheWallAndSlidesAlongIt()
    {
        PointRobot robot = new(1, 2, 0);
        float[] seen = new float[4];
        robot.Reset(new SeededRandom(3), seen);
        float fastest = 0;
        for (int t = 0; t < 100; t++)
        {
            _ = robot.Step([1, -0.2f], seen);
            fastest = Math.Max(fastest, seen[2]);
        }

        Assert.That(fastest, Is.EqualTo(0.5).Within(0.01));
        Assert.That(seen[0], Is.EqualTo(1));
        Assert.That(seen[2], Is.EqualTo(0));
        (_, bool isOver) = robot.Step([-1, 0], seen);
        Assert.That(seen[0], Is.EqualTo(0.99f).Within(1e-6), "the wall does not hold it");
        Assert.That(isOver, Is.False);
    }

    [Test]
    public void Reset_OtherRandom_BeginsElsewhereInTheSameTask()
    {
        IEnvironment world = Worlds.Create(Split.Test, new SeededRandom(5));
        IEnvironment same = Worlds.Create(Split.Test, new SeededRandom(5));
        IEnvironment other = Worlds.Create(Split.Train, new SeededRandom(5));
        Assert.That(Life(same, 1), Is.EqualTo(Life(world, 1)));
        Assert.That(Life(world, 2)[0], Is.Not.EqualTo(Life(world, 1)[0]));
        Assert.That(Life(other, 1)[0], Is.EqualTo(Life(world, 1)[0]), "where an episode begins is not the task's");
        Assert.That(Life(other, 1)[1], Is.Not.EqualTo(Life(world, 1)[1]));
    }

    // A push from rest says how it is turned and, by its length h / m, how heavy it is; what a second step without push leaves of the speed says its friction.
    [Test]
    public void Create_ManyTasks_ChangeByAsMuchAsTheyShould()
    {
        List<double> angles = [];
        List<double> masses = [];
        List<double> frictions = [];
        for (int task = 0; task < 400; task++)
        {
            float[][] life = Life(Worlds.Create(Split.Test, new SeededRandom((ulong)task)), 1);
            (double x, double y) = (life[1][2], life[1][3]);
            double speed = Math.Sqrt((x * x) + (y * y));
            angles.Add(Math.Atan2(y, x));
            masses.Add(0.1 / speed);
            frictions.Add(
                (1 - (Math.Sqrt((life[2][2] * (double)life[2][2]) + (life[2][3] * (double)life[2][3])) / speed)) * masses[^1] / 0.1
            );
        }

        Check(angles, -Math.PI, Math.PI, angles.Average() / (2 * Math.PI));
        Check(masses, Math.Pow(1.5, -3), Math.Pow(1.5, 3), masses.Average(Math.Log) / (6 * Math.Log(1.5)));
        Check(frictions, 0.5 * Math.Pow(1.5, -3), 0.5 * Math.Pow(1.5, 3), frictions.Average(f => Math.Log(2 * f)) / (6 * Math.Log(1.5)));

        // What is uniform has a mean in the middle, within three standard errors of 400 draws.
        static void Check(List<double> values, double least, double most, double shareOfRange)
        {
            Assert.That(values, Is.All.InRange(least - 1e-3, most + 1e-3));
            Assert.That(values.Min(), Is.EqualTo(least).Within(0.05));
            Assert.That(values.Max(), Is.EqualTo(most).Within(0.1));
            Assert.That(shareOfRange, Is.EqualTo(0).Within(0.044));
        }
    }

    [Test]
    public void Collect_SameSeed_LivesTheSameLife()
    {
        Trajectory[] first = Collect(2);
        Trajectory[] second = Collect(3);
        Assert.That(second[1].Observations.Values, Is.EqualTo(first[1].Observations.Values));
        Assert.That(first.Select(t => t.Length), Is.All.EqualTo(100));
        Assert.That(first[0].Observations.Values[..2], Is.Not.EqualTo(first[1].Observations.Values[..2]));
    }

    private static Trajectory[] Collect(int episodes) =>
        Rollouts.Collect(
            Worlds,
            () => Worlds.Create(Split.Test, new SeededRandom(5)),
            seen => FloatTensor.Zeros(seen.Shape[0], 4),
            episodes,
            9
        );

    // What is seen at the beginning, after a push to the right, and after none.
    private static float[][] Life(IEnvironment world, ulong seed)
    {
        float[][] seen = [new float[4], new float[4], new float[4]];
        world.Reset(new SeededRandom(seed), seen[0]);
        _ = world.Step([1, 0], seen[1]);
        _ = world.Step([0, 0], seen[2]);
        return seen;
    }
}
