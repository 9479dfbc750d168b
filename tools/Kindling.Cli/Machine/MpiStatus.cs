using Kindling.Mpi;

namespace Kindling.Cli.Machine;

/// <summary>The MPI library that several processes would train with; it is loaded and not started.</summary>
internal sealed record MpiStatus
{
    /// <summary>As in <c>Open MPI v4.1.4</c>; null where there is none.</summary>
    public string? Version { get; private init; }

    /// <summary>The library's file; null where there is none.</summary>
    public string? File { get; private init; }

    /// <summary>What is wrong; null where there is one.</summary>
    public string? Fault { get; private init; }

    public static MpiStatus Probe()
    {
        try
        {
            MpiLibrary library = MpiLibrary.Load(MpiLauncher.Find(Environment.GetEnvironmentVariable));
            return new MpiStatus { Version = library.Version, File = library.File };
        }
        catch (DllNotFoundException e)
        {
            return new MpiStatus { Fault = e.Message };
        }
    }
}
