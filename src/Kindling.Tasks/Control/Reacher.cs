using Kindling.MuJoCo;

namespace Kindling.Tasks.Control;

/// <summary>
/// An arm of two links (<c>Models/reacher.xml</c>) that begins with its elbow bent by a right angle, its tip to the right of the shoulder, both angles within 0.1 of that. A step
/// of 0.05 s is worth minus the distance from tip to goal, minus 0.01 times the sum of the squared actions. Seen are the tip's place, cosines and sines of both angles, and their
/// speeds.
/// </summary>
/// <param name="model">The arm; may be disposed before this is.</param>
/// <param name="goalX">Where to reach, from the shoulder.</param>
/// <param name="goalY">Where to reach, from the shoulder.</param>
internal sealed class Reacher(MuJoCoModel model, double goalX, double goalY) : IEnvironment, IDisposable
{
    /// <summary>Numbers that are seen.</summary>
    public const int Seen = 8;

    /// <summary>Numbers in an action.</summary>
    public const int Motors = 2;

    private const int StepsOfModel = 5;
    private const double Effort = 0.01;
    private const double Link = 0.5;

    private readonly MuJoCoSimulation simulation = new(model);

    /// <inheritdoc/>
    public void Reset(SeededRandom random, Span<float> observation)
    {
        simulation.Reset();
        simulation.Position[0] = (-Math.PI / 4) + random.NextSingle(-0.1f, 0.1f);
        simulation.Position[1] = (Math.PI / 2) + random.NextSingle(-0.1f, 0.1f);
        _ = See(observation);
    }

    /// <inheritdoc/>
    public (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        double effort = 0;
        for (int i = 0; i < Motors; i++)
        {
            double cut = simulation.Control[i] = Math.Clamp(action[i], -1, 1);
            effort += cut * cut;
        }

        simulation.Step(StepsOfModel);
        (double x, double y) = See(observation);
        double distance = Math.Sqrt(((x - goalX) * (x - goalX)) + ((y - goalY) * (y - goalY)));
        return ((float)(-distance - (Effort * effort)), false);
    }

    /// <inheritdoc/>
    public void Dispose() => simulation.Dispose();

    private (double X, double Y) See(Span<float> observation)
    {
        (double shoulder, double elbow) = (simulation.Position[0], simulation.Position[1]);
        double x = Link * (Math.Cos(shoulder) + Math.Cos(shoulder + elbow));
        double y = Link * (Math.Sin(shoulder) + Math.Sin(shoulder + elbow));
        ReadOnlySpan<double> seen =
        [
            x,
            y,
            Math.Cos(shoulder),
            Math.Sin(shoulder),
            Math.Cos(elbow),
            Math.Sin(elbow),
            simulation.Velocity[0],
            simulation.Velocity[1],
        ];
        for (int i = 0; i < seen.Length; i++)
        {
            observation[i] = (float)seen[i];
        }

        return (x, y);
    }
}
