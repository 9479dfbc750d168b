using Kindling.MuJoCo;

namespace Kindling.Tasks.Tests.Control;

/// <summary>The binding of MuJoCo: what it refuses, and motions known by hand.</summary>
[TestFixture]
internal sealed class MuJoCoTests
{
    private const string Falling = """
        <mujoco>
          <option timestep="0.002"/>
          <worldbody><body pos="0 0 5"><joint type="slide" axis="0 0 1"/><geom size="0.1" mass="2"/></body></worldbody>
          <actuator><motor joint="rail" gear="4"/></actuator>
        </mujoco>
        """;

    [Test]
    public void Load_WithoutALibrary_NamesDebiansPackage() =>
        Assert.That(
            () => MuJoCoLibrary.Load(["libnone.so.1", "libnone.so.2"]),
            Throws
                .TypeOf<DllNotFoundException>()
                .With.Message.EqualTo(
                    "There is no MuJoCo 2.2.2, looked for libnone.so.1, libnone.so.2. Install it (on Debian 12 libmujoco2.2.2), or name its folder in LD_LIBRARY_PATH."
                )
        );

    [Test]
    public void Load_OfAnotherLibrary_SaysWhatWasFound() =>
        Assert.That(
            () => MuJoCoLibrary.Load(["libc.so.6"]),
            Throws.TypeOf<DllNotFoundException>().With.Message.Contain("Found only: libc.so.6 lacks functions of MuJoCo.")
        );

    [Test]
    public void Refusal_OfOtherVersions_SaysWhy()
    {
        Assert.That(MuJoCoLibrary.Refusal(222), Is.Null);
        Assert.That(
            MuJoCoLibrary.Refusal(330),
            Is.EqualTo("is version 330, as MuJoCo counts them; expected 222, since others lay out their state otherwise")
        );
    }

    [Test]
    public void Load_Installed_IsTheVersionWhoseLayoutIsKnown()
    {
        InstalledMuJoCo.Require();
        Assert.That(MuJoCoLibrary.Load().Version, Is.EqualTo("2.2.2"));
    }

    [Test]
    public void Parse_BadModel_SaysWhatMuJoCoSays()
    {
        InstalledMuJoCo.Require();
        Assert.That(
            () => MuJoCoModel.Parse("<mujoco><worldbody><body><geom size='-1'/></body></worldbody></mujoco>"),
            Throws.ArgumentException.With.Message.StartsWith("MuJoCo cannot read the model: ")
        );
        Assert.That(
            () => MuJoCoModel.Parse(Falling),
            Throws.ArgumentException.With.Message.Contain("unknown transmission target"),
            "its joint has no name"
        );
    }

    // v = h (F / m - g) n and z = 5 + h v (n + 1) / 2 after n steps of h.
    [TestCase(0, 0)]
    [TestCase(3, 6)]
    public void Step_OfAFallingBody_FollowsNewton(double control, double acceleration)
    {
        InstalledMuJoCo.Require();
        using MuJoCoModel model = MuJoCoModel.Parse(Named(Falling));
        Assert.That((model.PositionCount, model.VelocityCount, model.ControlCount), Is.EqualTo((1, 1, 1)));
        using MuJoCoSimulation simulation = new(model);
        simulation.Control[0] = control;
        simulation.Step(100);

        double speed = 0.2 * (acceleration - 9.81);
        Assert.That(simulation.Time, Is.EqualTo(0.2).Within(1e-12));
        Assert.That(simulation.Velocity[0], Is.EqualTo(speed).Within(1e-9));
        Assert.That(simulation.Position[0], Is.EqualTo(0.002 * speed * 101 / 2).Within(1e-9));

        simulation.Reset();
        Assert.That((simulation.Time, simulation.Position[0], simulation.Velocity[0], simulation.Control[0]), Is.EqualTo((0, 0, 0, 0)));
    }

    [Test]
    public void Step_OfNumbersThatRunAway_IsAnErrorAndNotANewBeginning()
    {
        InstalledMuJoCo.Require();
        using MuJoCoModel model = MuJoCoModel.Parse(Named(Falling));
        using MuJoCoSimulation simulation = new(model);
        simulation.Velocity[0] = double.NaN;
        Assert.That(() => simulation.Step(), Throws.InvalidOperationException.With.Message.StartsWith("MuJoCo: "));
        Assert.That(File.Exists("MUJOCO_LOG.TXT"), Is.False);
    }

    [Test]
    public void Dispose_OfTheModelFirst_LeavesTheSimulationAlive()
    {
        InstalledMuJoCo.Require();
        MuJoCoModel model = MuJoCoModel.Parse(Named(Falling));
        MuJoCoSimulation simulation = new(model);
        model.Dispose();
        simulation.Step(2);
        Assert.That(simulation.Time, Is.EqualTo(0.004).Within(1e-12));
        simulation.Dispose();
        Assert.That(() => simulation.Step(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => new MuJoCoSimulation(model), Throws.TypeOf<ObjectDisposedException>());
    }

    private static string Named(string mjcf) => mjcf.Replace("<joint type", "<joint name=\"rail\" type", StringComparison.Ordinal);
}
