using Kindling.MuJoCo;

namespace Kindling.Tasks.Control;

/// <summary>
/// A planar arm in MuJoCo that reaches for a goal it does not see, as a task of ours after Gym's reacher (Brockman et al. 2016): the goal is in any direction, 0.3 to 0.9 from
/// the shoulder; masses of the links and the strength of the motors are 1.5^u, u uniform in [-1, 1], times their usual values, a narrower range than that of Rothfuss
/// et al. 2019 (PEARL and ProMP have 3), within which every goal can be reached in time.
/// </summary>
internal sealed class ReacherFamily : ControlFamily
{
    private const string Definition =
        "reacher 1: arm of two links of 0.5 from a bent elbow, within 0.1, goal in any direction 0.3 to 0.9 away, link 1 1.5^u, motors 3 1.5^u, u uniform in [-1, 1], damping 0.5, 50 steps of 0.05, reward - distance - 0.01 squared actions";

    private const double UsualStrength = 3;

    private static readonly string Mjcf = EmbeddedModels.Read("reacher");

    // Of the task that this thread had last: compiling takes longer than an episode, and the worlds of a task are made one after the other. Simulations keep theirs when it is disposed.
    [ThreadStatic]
    private static (double Mass, double Strength, MuJoCoModel Model)? last;

    /// <summary>Finds MuJoCo.</summary>
    /// <exception cref="DllNotFoundException">There is no MuJoCo that fits.</exception>
    public ReacherFamily()
        : base("reacher", Definition + "\n" + Mjcf, Reacher.Seen, Reacher.Motors, horizon: 50) => _ = MuJoCoLibrary.Load();

    /// <inheritdoc/>
    public override bool SeesPlace => true;

    /// <inheritdoc/>
    public override IEnvironment Create(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        double angle = 2 * Math.PI * own.NextDouble();
        double distance = 0.3 + (0.6 * own.NextDouble());
        return new Reacher(Model(Scale(own), UsualStrength * Scale(own)), distance * Math.Cos(angle), distance * Math.Sin(angle));
    }

    /// <summary>An arm of links of some mass (kg) and motors of some strength (N m), until this thread asks for another.</summary>
    internal static MuJoCoModel Model(double mass, double strength)
    {
        if (last is { } kept && (kept.Mass, kept.Strength) == (mass, strength))
        {
            return kept.Model;
        }

        MuJoCoModel model = MuJoCoModel.Parse(
            Mjcf.Replace("\"MASS\"", $"\"{mass:R}\"", StringComparison.Ordinal)
                .Replace("\"GEAR\"", $"\"{strength:R}\"", StringComparison.Ordinal)
        );
        last?.Model.Dispose();
        last = (mass, strength, model);
        return model;
    }

    private static double Scale(SeededRandom random) => Math.Pow(1.5, (2 * random.NextDouble()) - 1);
}
