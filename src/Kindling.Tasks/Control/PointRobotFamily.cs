namespace Kindling.Tasks.Control;

/// <summary>
/// A point robot whose dynamics change: the place to go to is always 0, what has to be found out is how the robot moves. As in the worlds with random parameters of Rothfuss
/// et al. 2019 (ProMP) and Rakelly et al. 2019 (PEARL), mass and friction of a task are 1.5^u, u uniform in [-3, 3], times their usual values; so that no policy serves all
/// tasks, its motors are turned as well, by an angle uniform in [-pi, pi]. These papers change robots of MuJoCo; the point in the plane is ours.
/// </summary>
internal sealed class PointRobotFamily() : ControlFamily("point-robot", Definition, observations: 4, actions: 2, horizon: 100)
{
    private const string Definition =
        "point-robot 1: place and speed, from a place uniform in [-0.5, 0.5]^2 at rest, force cut to 1 and turned by an angle uniform in [-pi, pi], mass 1.5^u and friction 0.5 1.5^u, u uniform in [-3, 3], walls at 1, step 0.1, reward - distance to 0, 100 steps";

    private const double LogScale = 3;

    /// <inheritdoc/>
    public override bool SeesPlace => true;

    /// <inheritdoc/>
    public override IEnvironment Create(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        return new PointRobot(Scale(own), PointRobot.UsualFriction * Scale(own), own.NextSingle(-MathF.PI, MathF.PI));
    }

    private static float Scale(SeededRandom random) => (float)Math.Pow(1.5, LogScale * ((2 * random.NextDouble()) - 1));
}
