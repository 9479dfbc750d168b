using System.Diagnostics;

namespace Kindling.Cli.Tests;

/// <summary>The program on several processes, started by a real <c>mpirun</c>.</summary>
internal sealed class MpiRun : IDisposable
{
    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> errors;
    private readonly string[] arguments;

    private MpiRun(Process process, string[] arguments)
    {
        this.process = process;
        this.arguments = arguments;
        output = process.StandardOutput.ReadToEndAsync();
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts processes; a system without the launcher skips the test.</summary>
    public static MpiRun Start(string launcher, int count, params string[] arguments)
    {
        (string[] programs, string said, string[] options) =
            launcher == "Open MPI"
                ? (
                    new[] { "mpirun.openmpi", "mpirun" },
                    "Open MPI",
                    // More processes than cores, and as root.
                    new[] { "--oversubscribe", "--bind-to", "none", "--allow-run-as-root" }
                )
                : (["mpirun.mpich", "mpirun"], "HYDRA", Array.Empty<string>());
        string? program = Array.Find(programs, name => Says(name).Contains(said, StringComparison.Ordinal));
        if (program is null)
        {
            Assert.Ignore($"There is no mpirun of {launcher} here (on Debian: apt-get install openmpi-bin mpich).");
        }

        string kindling = Path.Combine(AppContext.BaseDirectory, "kindling.dll");
        ProcessStartInfo start = new(program!, [.. options, "-n", $"{count}", "dotnet", kindling, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new MpiRun(Process.Start(start)!, arguments);
    }

    /// <summary>Runs what must succeed.</summary>
    public static void Succeed(string launcher, int count, params string[] arguments)
    {
        using MpiRun run = Start(launcher, count, arguments);
        (int code, string said) = run.End(TimeSpan.FromMinutes(2));
        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain($", {count} processes"));
    }

    /// <summary>Waits until a file is there.</summary>
    public void AwaitFile(string path)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!File.Exists(path))
        {
            Assert.That(process.HasExited, Is.False, "ended early");
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(2)), $"no {path}");
            Thread.Sleep(50);
        }
    }

    /// <summary>Sends a signal to one of the processes.</summary>
    public void Signal(int rank, string signal)
    {
        int id = Find(rank);
        using Process kill = Process.Start("kill", [$"-{signal}", $"{id}"]);
        kill.WaitForExit();
        Assert.That(kill.ExitCode, Is.Zero);
    }

    /// <summary>Waits for the end of all; that it takes longer fails the test.</summary>
    /// <returns>The launcher's exit code, and what was said on both streams.</returns>
    public (int Code, string Said) End(TimeSpan within)
    {
        Assert.That(process.WaitForExit(within), "still running");
        return (process.ExitCode, errors.GetAwaiter().GetResult() + output.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private static string Says(string program)
    {
        try
        {
            (_, string output, _) = Root.Run(program, "--version");
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }

    // Started by this call's arguments, and numbered by the launcher.
    private int Find(int rank)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                string[] words = File.ReadAllText(Path.Combine(folder, "cmdline")).TrimEnd('\0').Split('\0');
                string[] environment = File.ReadAllText(Path.Combine(folder, "environ")).Split('\0');
                if (
                    words[0] == "dotnet"
                    && words.TakeLast(arguments.Length).SequenceEqual(arguments)
                    && environment.Intersect([$"OMPI_COMM_WORLD_RANK={rank}", $"PMI_RANK={rank}"]).Any()
                )
                {
                    return int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture);
                }
            }
            catch (IOException) { }
            catch (UnauthorizedAccessException) { }
        }

        throw new InvalidOperationException($"There is no process {rank} of {string.Join(' ', arguments)}.");
    }
}
