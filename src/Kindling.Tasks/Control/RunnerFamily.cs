using Kindling.MuJoCo;

namespace Kindling.Tasks.Control;

/// <summary>
/// A runner in MuJoCo as the half-cheetah of Finn, Abbeel and Levine 2017 (MAML), section 5.3, with a robot and masses of our own: tasks are a speed to run at, uniform in
/// [0, 2] m/s, or a direction to run in. A step of 0.05 s is worth what the mean speed in it is (minus the difference from the speed wanted, or the speed in the direction
/// wanted) minus 0.05 times the sum of the squared actions. 100 steps; the paper has 200.
/// </summary>
internal sealed class RunnerFamily : ControlFamily, IDisposable
{
    private const double Fastest = 2;
    private const string Robot = "runner 1: planar runner of 6 motors from rest, joints within 0.1 of it, 100 steps of 0.05, reward ";

    private readonly Func<SeededRandom, Func<double, double>> draw;
    private readonly MuJoCoModel model = MuJoCoModel.Parse(EmbeddedModels.Read("runner"));

    private RunnerFamily(string name, string reward, Func<SeededRandom, Func<double, double>> draw)
        : base(
            name,
            Robot + reward + " - 0.05 squared actions\n" + EmbeddedModels.Read("runner"),
            Runner.Seen,
            Runner.Motors,
            horizon: 100
        ) => this.draw = draw;

    /// <inheritdoc/>
    public override bool SeesPlace => false;

    /// <summary>Tasks that are a speed to run at.</summary>
    /// <exception cref="DllNotFoundException">There is no MuJoCo that fits.</exception>
    public static RunnerFamily AtASpeed() =>
        new(
            "runner",
            "- difference from a speed uniform in [0, 2]",
            random =>
            {
                double wanted = Fastest * random.NextDouble();
                return speed => -Math.Abs(speed - wanted);
            }
        );

    /// <summary>Tasks that are a direction to run in; there are two, in every split.</summary>
    /// <exception cref="DllNotFoundException">There is no MuJoCo that fits.</exception>
    public static RunnerFamily InADirection() =>
        new(
            "runner-direction",
            "speed forward or backward",
            random =>
            {
                int direction = (2 * random.NextInt(2)) - 1;
                return speed => direction * speed;
            }
        );

    /// <inheritdoc/>
    public override IEnvironment Create(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new Runner(model, draw(new SeededRandom(random.NextUInt64(), (ulong)split)));
    }

    /// <inheritdoc/>
    public void Dispose() => model.Dispose();
}
