using System.Diagnostics;
using Kindling.Bundles;

namespace Kindling.Cli.Tests;

/// <summary>The program as a process of its own: what only shows there.</summary>
public sealed class ProcessTests
{
    [Test]
    public void Run_UnknownCommand_ExitsWithUsage()
    {
        using Process process = Start("trian");
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.That(errors, Does.StartWith("kindling: expected a command, got 'trian'; did you mean 'train'?"));
        Assert.That(output, Is.Empty);
        Assert.That(process.ExitCode, Is.EqualTo(1));
    }

    // Files of MuJoCo's names that are no libraries, where the loader looks first: installed or not, there is none.
    [Test]
    public void Train_RobotsWithoutMuJoCo_NamesThePackageAndExitsWithFour()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("MuJoCo is bound on Linux.");
        }

        using Models models = new();
        Directory.CreateDirectory(models["hidden"]);
        File.WriteAllText(Path.Combine(models["hidden"], "libmujoco.so.2.2.2"), "");
        File.WriteAllText(Path.Combine(models["hidden"], "libmujoco.so"), "");
        models.Write(
            Path.Combine("runner", "recipe.json"),
            """
            {
              "name": "runner", "seed": 1, "network": { "type": "policy", "hidden": [8] },
              "tasks": { "type": "runner-direction", "shots": 2, "queries": 2 },
              "algorithm": { "type": "maml", "iterations": 1, "tasksPerBatch": 1 },
              "inner": { "rate": 0.1, "steps": 1, "loss": "policy-gradient" }
            }
            """
        );
        ProcessStartInfo info = Info("train", models["runner"]);
        info.Environment["LD_LIBRARY_PATH"] = models["hidden"];
        using Process process = Process.Start(info)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.That(errors, Does.Contain("There is no MuJoCo 2.2.2").And.Contain("on Debian 12 libmujoco2.2.2"));
        Assert.That(process.ExitCode, Is.EqualTo(4));
        Assert.That(Directory.Exists(Path.Combine(models["runner"], "checkpoint")), Is.False, "nothing is left behind");
    }

    [Test]
    public void Train_AskedToEnd_SavesAndSaysSo()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Sending a signal to a process needs `kill`.");
        }

        using Models models = new();
        models.TrainLinear();
        string checkpoint = models["interrupted"];
        using Process process = Start("train", models.LinearModel, "--out", checkpoint, "--iterations", "100000000");
        // The first line of progress comes when training is under way.
        Assert.That(process.StandardError.ReadLine(), Does.Contain("/100000000  loss"));
        // TERM, which takes the same way as Ctrl-C: a shell makes the programs that it runs in the background ignore INT.
        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        bool left = process.WaitForExit(TimeSpan.FromMinutes(2));
        if (!left)
        {
            process.Kill();
        }

        Assert.That(left, "still running");
        Assert.That(process.ExitCode, Is.EqualTo(130));
        Assert.That(Cli.Json("inspect", checkpoint).GetProperty("iteration").GetInt32(), Is.GreaterThan(0));
    }

    // KILL cannot be caught: whatever the moment, the folder holds a whole checkpoint, or none yet.
    [Test]
    public void Train_KilledAgainAndAgain_EndsWithTheBitsOfAnUninterruptedRun()
    {
        const int Kills = 4;
        const string Iterations = "6000";
        using Models models = new();
        models.TrainLinear();
        string[] train = ["train", models.LinearModel, "--engine", "graph", "--iterations", Iterations, "--stage", "meta", "--out"];
        Cli.Succeed([.. train, models["whole"]]);
        Random random = new(7);
        int killed = 0;
        bool finished = false;
        while (!finished)
        {
            bool begun = File.Exists(Path.Combine(models["killed"], "last.safetensors"));
            using Process process = Start([.. train, models["killed"], .. begun ? ["--resume"] : Array.Empty<string>()]);
            _ = process.StandardError.ReadToEndAsync();
            finished = process.WaitForExit(killed < Kills ? random.Next(600, 1500) : 120_000);
            if (!finished)
            {
                Assert.That(killed++, Is.LessThan(Kills), "still running");
                process.Kill();
                process.WaitForExit();
            }
            else
            {
                Assert.That(process.ExitCode, Is.Zero);
            }
        }

        Assert.That(killed, Is.Positive, "the training ended before it could be killed");
        foreach (string file in new[] { "last.safetensors", "theta.safetensors" })
        {
            IReadOnlyDictionary<string, FloatTensor> whole = SafetensorsFile.Read(Path.Combine(models["whole"], file)).Tensors;
            IReadOnlyDictionary<string, FloatTensor> other = SafetensorsFile.Read(Path.Combine(models["killed"], file)).Tensors;
            Assert.That(other.Keys, Is.EquivalentTo(whole.Keys));
            Assert.That(whole.Keys.Select(name => other[name].Values), Is.EqualTo(whole.Keys.Select(name => whole[name].Values)), file);
        }
    }

    private static Process Start(params string[] arguments) => Process.Start(Info(arguments))!;

    private static ProcessStartInfo Info(params string[] arguments) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "kindling.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
