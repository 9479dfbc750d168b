using Kindling.MuJoCo;

namespace Kindling.Tasks.Control;

/// <summary>
/// A planar runner (<c>Models/runner.xml</c>). Seen are height, pitch and the angles of six joints, then the speeds forward and upward and of all angles; how far it came is not.
/// </summary>
/// <param name="model">The robot.</param>
/// <param name="worth">What a mean speed of a step is worth, in meters a second.</param>
internal sealed class Runner(MuJoCoModel model, Func<double, double> worth) : IEnvironment, IDisposable
{
    /// <summary>Numbers that are seen.</summary>
    public const int Seen = 17;

    /// <summary>Numbers in an action.</summary>
    public const int Motors = 6;

    private const int StepsOfModel = 5;
    private const double Seconds = 0.05;
    private const double Effort = 0.05;
    private const int FirstJoint = 3;

    private readonly MuJoCoSimulation simulation = new(model);

    /// <inheritdoc/>
    public void Reset(SeededRandom random, Span<float> observation)
    {
        simulation.Reset();
        foreach (ref double angle in simulation.Position[FirstJoint..])
        {
            angle = random.NextSingle(-0.1f, 0.1f);
        }

        See(observation);
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

        double before = simulation.Position[0];
        simulation.Step(StepsOfModel);
        See(observation);
        return ((float)(worth((simulation.Position[0] - before) / Seconds) - (Effort * effort)), false);
    }

    /// <inheritdoc/>
    public void Dispose() => simulation.Dispose();

    private void See(Span<float> observation)
    {
        ReadOnlySpan<double> position = simulation.Position[1..];
        for (int i = 0; i < position.Length; i++)
        {
            observation[i] = (float)position[i];
        }

        ReadOnlySpan<double> velocity = simulation.Velocity;
        for (int i = 0; i < velocity.Length; i++)
        {
            observation[position.Length + i] = (float)velocity[i];
        }
    }
}
