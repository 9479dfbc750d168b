using System.CommandLine;
using Kindling.Mpi;
using Kindling.Train.Ranks;

namespace Kindling.Cli;

/// <summary>Runs a command as one of the processes that <c>mpirun</c> started, or alone.</summary>
internal static class Processes
{
    // Launchers end without handing on what they have not read yet: what a process says right before it ends all would be lost now and then.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(0.5);

    /// <summary><c>--mpi</c>.</summary>
    public static Option<string> Option()
    {
        Option<string> mpi = new("--mpi")
        {
            Description = "Whether to train together with the processes that mpirun started: auto does where one did, no never",
            DefaultValueFactory = _ => "auto",
        };
        return mpi.AcceptOnlyFromAmong("auto", "yes", "no");
    }

    /// <summary>
    /// Runs the work. MPI is loaded where <paramref name="mpi"/> asks for it, or a launcher did. An error in one of several processes ends them all, as the
    /// others would wait for it.
    /// </summary>
    /// <param name="mpi">The option's value.</param>
    /// <param name="work">What each process does; the result is its exit code.</param>
    /// <exception cref="DllNotFoundException">MPI is asked for, and the system has no library for it.</exception>
    public static int Run(string mpi, Func<IRanks, int> work)
    {
        MpiLauncher? launcher = MpiLauncher.Find(Environment.GetEnvironmentVariable);
        if (mpi == "no" || (mpi == "auto" && launcher is null))
        {
            return work(SingleProcess.Alone);
        }

        using MpiWorld world = MpiWorld.Start(launcher);
        try
        {
            if (world.Rank == 0)
            {
                Console.Error.WriteLine($"mpi: {world.Version}, {world.Count} {(world.Count == 1 ? "process" : "processes")}");
            }

            return work(new MpiRanks(world));
        }
        catch (Exception e) when (world.Count > 1)
        {
            (int code, string message) = ExitCodes.Of(e);
            Console.Error.WriteLine($"kindling: process {world.Rank} of {world.Count}, on {Environment.MachineName}: {message}");
            Thread.Sleep(LastWords);
            world.Abort(code);
            return code;
        }
    }
}
