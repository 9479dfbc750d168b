namespace Kindling.MuJoCo;

/// <summary>
/// A model whose motion is known by hand, which tells whether state and controls lie where <see cref="MuJoCoLayout"/> says: a free body at (1, 2, 3), and beside it a
/// mass of 2 on a rail with a motor of gear 3.
/// </summary>
internal static class KnownModel
{
    private const string Mjcf = """
        <mujoco>
          <option timestep="0.01" gravity="0 0 0"/>
          <worldbody>
            <body pos="1 2 3"><freejoint/><geom size="0.1" mass="1"/></body>
            <body pos="0 0 9"><joint name="rail" type="slide" axis="1 0 0"/><geom size="0.1" mass="2"/></body>
          </worldbody>
          <actuator><motor joint="rail" gear="3"/></actuator>
        </mujoco>
        """;

    /// <summary>Moves it one step.</summary>
    /// <exception cref="DllNotFoundException">It does not move as it must.</exception>
    public static void Check(MuJoCoLibrary library)
    {
        using MuJoCoModel model = MuJoCoModel.Parse(library, Mjcf);
        if ((model.PositionCount, model.VelocityCount, model.ControlCount) != (8, 7, 1))
        {
            throw Fault(library, $"counts {model.PositionCount}, {model.VelocityCount}, {model.ControlCount}", "8, 7, 1");
        }

        using MuJoCoSimulation simulation = new(model);
        Compare(library, simulation.Position, [1, 2, 3, 1, 0, 0, 0, 0]);
        Compare(library, simulation.Velocity, [0, 0, 0, 0, 0, 0, 0]);
        simulation.Velocity[6] = 0.5;
        simulation.Control[0] = 4;
        simulation.Step();
        // v = 0.5 + 0.01 * 3 * 4 / 2, x = 0.01 v
        Compare(library, simulation.Velocity, [0, 0, 0, 0, 0, 0, 0.56]);
        Compare(library, simulation.Position, [1, 2, 3, 1, 0, 0, 0, 0.0056]);
        Compare(library, [simulation.Time], [0.01]);
    }

    private static void Compare(MuJoCoLibrary library, ReadOnlySpan<double> found, ReadOnlySpan<double> expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            // Written so that NaN differs as well.
            if (!(Math.Abs(found[i] - expected[i]) < 1e-9))
            {
                throw Fault(library, string.Join(", ", found.ToArray()), string.Join(", ", expected.ToArray()));
            }
        }
    }

    private static DllNotFoundException Fault(MuJoCoLibrary library, string found, string expected) =>
        new(
            $"{library.File} says that it is MuJoCo {library.Version}, but a known model has {found} where {expected} must be: its state lies elsewhere than in Debian's libmujoco2.2.2."
        );
}
