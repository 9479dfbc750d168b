using Kindling.MuJoCo;
using Kindling.Tasks.Control;

namespace Kindling.Tasks.Tests.Control;

/// <summary>The robots in MuJoCo: what tasks change, and what steps are worth.</summary>
[TestFixture]
internal sealed class RobotTests
{
    [SetUp]
    public void Require() => InstalledMuJoCo.Require();

    // Without action it stands on its springs.
    [Test]
    public void Runner_DoingNothing_Stands()
    {
        (float[][] seen, float[] rewards) = Run(speed => speed, (_, _) => 0);
        Assert.That(seen.Skip(50).Select(s => s[0]), Is.All.EqualTo(0).Within(0.15), "height, from where it begins");
        Assert.That(seen.Skip(50).Select(s => s[1]), Is.All.EqualTo(0).Within(0.3), "pitch");
        Assert.That(seen[^1][8..], Is.All.EqualTo(0).Within(0.05), "speeds");
        Assert.That(rewards[80..], Is.All.EqualTo(0).Within(0.02));
    }

    // 0.05 * 6 * 0.8^2; what is more than 1 is cut to it.
    [TestCase(0.8, -0.192)]
    [TestCase(-1, -0.3)]
    [TestCase(7, -0.3)]
    public void Runner_Effort_IsPaidFor(double size, double expected)
    {
        (_, float[] rewards) = Run(_ => 0, (_, _) => size);
        Assert.That(rewards, Is.All.EqualTo(expected).Within(1e-6));
    }

    // What is paid is the mean speed of five steps of the model, the last of which is seen.
    [Test]
    public void Runner_Speed_IsWhatItSeesOfIt()
    {
        (float[][] seen, float[] rewards) = Run(speed => speed, Swing);
        double[] paid = [.. rewards.Select(r => r + 0.3)];
        Assert.That(paid.Max(), Is.GreaterThan(0.5), "it moves");
        Assert.That(paid.Average(), Is.EqualTo(seen.Skip(1).Average(s => s[8])).Within(0.05));
    }

    [Test]
    public void RunnerFamily_InADirection_HasTwoTasks()
    {
        (_, float[] rewards) = Run(speed => speed, Swing);
        using RunnerFamily family = RunnerFamily.InADirection();
        HashSet<int> directions = [];
        for (ulong task = 0; task < 8; task++)
        {
            (_, float[] worth) = Live(family.Create(Split.Test, new SeededRandom(task)), Runner.Seen, Runner.Motors, Swing);
            int direction = Math.Sign((worth[0] + 0.3) / (rewards[0] + 0.3));
            Assert.That(worth, Is.EqualTo(rewards.Select(r => (direction * (r + 0.3f)) - 0.3f)).Within(1e-5));
            _ = directions.Add(direction);
        }

        Assert.That(directions, Is.EquivalentTo(new[] { 1, -1 }));
    }

    // From the first pay, |v - w|, the speed w that is wanted is one of two; that one has to explain all others.
    [Test]
    public void RunnerFamily_AtASpeed_PaysTheDifference()
    {
        double[] speeds = [.. Run(speed => speed, Swing).Rewards.Select(r => r + 0.3)];
        using RunnerFamily family = RunnerFamily.AtASpeed();
        List<double> wanted = [];
        for (ulong task = 0; task < 60; task++)
        {
            (_, float[] worth) = Live(family.Create(Split.Test, new SeededRandom(task)), Runner.Seen, Runner.Motors, Swing);
            double[] differences = [.. worth.Select(r => -(r + 0.3))];
            double w = new[] { speeds[0] + differences[0], speeds[0] - differences[0] }.MinBy(guess =>
                speeds.Zip(differences, (v, d) => Math.Abs(Math.Abs(v - guess) - d)).Sum()
            );
            Assert.That(differences, Is.EqualTo(speeds.Select(v => Math.Abs(v - w))).Within(1e-4));
            wanted.Add(w);
        }

        Assert.That(wanted, Is.All.InRange(-1e-4, 2.0001));
        Assert.That(wanted.Average(), Is.EqualTo(1).Within(0.23), "three standard errors of 60 uniform draws");
        Assert.That(wanted.Max() - wanted.Min(), Is.GreaterThan(1.7));
    }

    // Twice the strength at half the action is the same motion; twice the mass is a slower one.
    [Test]
    public void Reacher_MassAndStrength_ChangeHowItMoves()
    {
        float[][] usual = Reach(1, 3, 0.6);
        Assert.That(Reach(1, 6, 0.3).SelectMany(s => s), Is.EqualTo(usual.SelectMany(s => s)).Within(1e-5));
        Assert.That(Reach(2, 3, 0.6)[5][6], Is.LessThan(0.7 * usual[5][6]));

        float[][] Reach(double mass, double strength, double size) =>
            Live(
                new Reacher(ReacherFamily.Model(mass, strength), 0, 0),
                Reacher.Seen,
                Reacher.Motors,
                (_, motor) => motor == 0 ? size : 0
            ).Seen;
    }

    // The tip's place follows from the angles, and the pay from the place: 0.01 * 0.6^2 is the effort.
    [Test]
    public void Reacher_Step_IsWorthTheDistanceToTheGoal()
    {
        (float[][] seen, float[] rewards) = Live(
            new Reacher(ReacherFamily.Model(1, 3), 0.2, -0.4),
            Reacher.Seen,
            Reacher.Motors,
            (_, motor) => motor == 0 ? 0.6 : 0
        );
        Assert.That(seen[0][0], Is.EqualTo(0.7071).Within(0.15), "it begins to the right");
        Assert.That(seen[0][1], Is.EqualTo(0).Within(0.15));
        for (int t = 1; t < seen.Length; t++)
        {
            float[] s = seen[t];
            double shoulder = Math.Atan2(s[3], s[2]);
            double elbow = Math.Atan2(s[5], s[4]);
            Assert.That(s[0], Is.EqualTo(0.5 * (Math.Cos(shoulder) + Math.Cos(shoulder + elbow))).Within(1e-5));
            Assert.That(s[1], Is.EqualTo(0.5 * (Math.Sin(shoulder) + Math.Sin(shoulder + elbow))).Within(1e-5));
            double distance = Math.Sqrt(((s[0] - 0.2) * (s[0] - 0.2)) + ((s[1] + 0.4) * (s[1] + 0.4)));
            Assert.That(rewards[t - 1], Is.EqualTo(-distance - 0.0036).Within(1e-5));
        }
    }

    // Doing nothing it stays where it is, so that the pay is minus the goal's distance from the tip.
    [Test]
    public void ReacherFamily_Tasks_HaveGoalsAllAround()
    {
        ReacherFamily family = new();
        List<double> nearest = [];
        for (ulong task = 0; task < 100; task++)
        {
            (float[][] seen, float[] rewards) = Live(
                family.Create(Split.Train, new SeededRandom(task)),
                Reacher.Seen,
                Reacher.Motors,
                (_, _) => 0
            );
            double tip = Math.Sqrt((seen[0][0] * seen[0][0]) + (seen[0][1] * seen[0][1]));
            Assert.That(-rewards[0], Is.InRange(Math.Abs(tip - 0.9) - 0.6, tip + 0.9));
            nearest.Add(-rewards[0]);
        }

        Assert.That(nearest.Min(), Is.LessThan(0.25));
        Assert.That(nearest.Max(), Is.GreaterThan(1.4));
    }

    private static double Swing(int t, int motor) => ((t / 5) + motor) % 2 == 0 ? 1 : -1;

    private static (float[][] Seen, float[] Rewards) Run(Func<double, double> worth, Func<int, int, double> act)
    {
        using MuJoCoModel model = MuJoCoModel.Parse(EmbeddedModels.Read("runner"));
        return Live(new Runner(model, worth), Runner.Seen, Runner.Motors, act);
    }

    // What is seen, the beginning first, and what steps are worth; disposes the world.
    private static (float[][] Seen, float[] Rewards) Live(IEnvironment world, int numbers, int motors, Func<int, int, double> act)
    {
        float[][] seen = [.. Enumerable.Range(0, 101).Select(_ => new float[numbers])];
        float[] rewards = new float[100];
        world.Reset(new SeededRandom(11), seen[0]);
        for (int t = 0; t < rewards.Length; t++)
        {
            int now = t;
            float[] action = [.. Enumerable.Range(0, motors).Select(motor => (float)act(now, motor))];
            (rewards[t], _) = world.Step(action, seen[t + 1]);
        }

        ((IDisposable)world).Dispose();
        return (seen, rewards);
    }
}
