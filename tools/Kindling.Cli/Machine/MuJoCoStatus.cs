using Kindling.MuJoCo;

namespace Kindling.Cli.Machine;

/// <summary>The physics that the robots of control live in.</summary>
internal sealed record MuJoCoStatus
{
    /// <summary>As in <c>2.2.2</c>; null where there is none that fits.</summary>
    public string? Version { get; private init; }

    /// <summary>The library's file; null where there is none that fits.</summary>
    public string? File { get; private init; }

    /// <summary>What is wrong; null where there is one.</summary>
    public string? Fault { get; private init; }

    public static MuJoCoStatus Probe()
    {
        try
        {
            MuJoCoLibrary library = MuJoCoLibrary.Load();
            return new MuJoCoStatus { Version = library.Version, File = library.File };
        }
        catch (DllNotFoundException e)
        {
            return new MuJoCoStatus { Fault = e.Message };
        }
    }
}
