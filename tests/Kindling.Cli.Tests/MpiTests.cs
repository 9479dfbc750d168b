using Kindling.Bundles;

namespace Kindling.Cli.Tests;

/// <summary>Trainings on several processes under the launchers that this system has.</summary>
[TestFixture("Open MPI")]
[TestFixture("MPICH")]
public sealed class MpiTests(string launcher)
{
    private const string Iterations = "40";
    private static readonly string[] Files = ["last.safetensors", "theta.safetensors", "baselines.safetensors"];
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();

    [OneTimeSetUp]
    public void WriteRecipe()
    {
        _ = Directory.CreateDirectory(folder["model"]);
        File.WriteAllText(
            Path.Combine(folder["model"], "recipe.json"),
            """
            {
              "name": "waves", "seed": 3,
              "network": { "type": "mlp", "hidden": [16] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": {
                "type": "maml", "engine": "graph", "iterations": 40, "tasksPerBatch": 25, "outerRate": 0.003,
                "validateEvery": 20, "validationEpisodes": 5, "checkpointEvery": 10
              },
              "inner": { "rate": 0.02, "steps": 1 }
            }
            """
        );
        Cli.Succeed(Train("alone", Iterations));
    }

    [OneTimeTearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public void Train_OnSeveralProcesses_LeavesTheBitsOfOne([Values(1, 2, 4)] int processes)
    {
        string name = $"on{processes}";
        if (processes == 1)
        {
            using MpiRun run = MpiRun.Start(launcher, 1, Train(name, Iterations));
            (int code, string said) = run.End(Seconds);
            Assert.That(code, Is.Zero, said);
            Assert.That(said, Does.Contain(", 1 process"));
        }
        else
        {
            MpiRun.Succeed(launcher, processes, Train(name, Iterations));
        }

        AssertSame("alone", name, Files);
    }

    [Test]
    public void Train_ResumedWithAnotherNumberOfProcesses_LeavesTheBitsOfOne()
    {
        MpiRun.Succeed(launcher, 3, Train("resumed", "20"));
        MpiRun.Succeed(launcher, 2, [.. Train("resumed", Iterations), "--resume"]);
        AssertSame("alone", "resumed", Files);
    }

    [Test]
    public void Train_WithAProcessKilled_EndsAllAndGoesOnToTheSameBits()
    {
        using MpiRun run = MpiRun.Start(launcher, 2, Train("killed", "10000000"));
        run.AwaitFile(Path.Combine(folder["killed"], Files[0]));
        run.Signal(rank: 1, "KILL");
        (int code, string said) = run.End(Seconds);
        Assert.That(code, Is.Not.Zero, said);
        Assert.That(said, Does.Contain("illed").Or.Contain("KILLED"));
        GoesOn("killed");
    }

    // Only one is told: all stop after the same iteration, and process 0 saves it.
    [Test]
    public void Train_WithAProcessAskedToEnd_SavesAndGoesOnToTheSameBits()
    {
        using MpiRun run = MpiRun.Start(launcher, 2, Train("asked", "10000000"));
        run.AwaitFile(Path.Combine(folder["asked"], Files[0]));
        run.Signal(rank: 1, "TERM");
        (int code, string said) = run.End(Seconds);
        Assert.That(code, Is.EqualTo(130), said);
        GoesOn("asked");
    }

    [Test]
    public void Train_ThatIsRefused_EndsAllWithItsExitCodeAndNamesTheProcess()
    {
        using MpiRun run = MpiRun.Start(launcher, 2, "train", folder["nowhere"]);
        (int code, string said) = run.End(Seconds);
        Assert.That(code, Is.EqualTo(2), said);
        Assert.That(said, Does.Match(@"kindling: process [01] of 2, on \S+: .*nowhere"));
    }

    [Test]
    public void Sweep_OnSeveralProcesses_IsRefused()
    {
        using MpiRun run = MpiRun.Start(launcher, 2, "sweep", folder["model"], "--out", folder["swept"]);
        (int code, string said) = run.End(Seconds);
        Assert.That(code, Is.EqualTo(1), said);
        Assert.That(said, Does.Contain("kindling: sweep runs in one process, and mpirun of"));
        Assert.That(Directory.Exists(folder["swept"]), Is.False);
    }

    // To some iterations after the last one saved, beside a run that nothing disturbed.
    private void GoesOn(string name)
    {
        int saved = Cli.Json("inspect", folder[name]).GetProperty("iteration").GetInt32();
        Assert.That(saved, Is.Positive);
        string more = $"{saved + 15}";
        MpiRun.Succeed(launcher, 2, [.. Train(name, more), "--resume", "--stage", "meta"]);
        Cli.Succeed([.. Train($"{name}-alone", more), "--stage", "meta"]);
        AssertSame($"{name}-alone", name, Files[..2]);
    }

    private string[] Train(string name, string iterations) => ["train", folder["model"], "--out", folder[name], "--iterations", iterations];

    private void AssertSame(string expected, string name, string[] files)
    {
        foreach (string file in files)
        {
            IReadOnlyDictionary<string, FloatTensor> whole = SafetensorsFile.Read(Path.Combine(folder[expected], file)).Tensors;
            IReadOnlyDictionary<string, FloatTensor> other = SafetensorsFile.Read(Path.Combine(folder[name], file)).Tensors;
            Assert.That(other.Keys, Is.EquivalentTo(whole.Keys));
            Assert.That(whole.Keys.Select(key => other[key].Values), Is.EqualTo(whole.Keys.Select(key => whole[key].Values)), file);
        }
    }
}
