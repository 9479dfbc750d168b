using System.Diagnostics;

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

    private static Process Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "kindling.dll");
        return Process.Start(
            new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
    }
}
