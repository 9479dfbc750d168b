using System.Runtime.InteropServices;
using System.Text;

namespace Kindling.Mpi;

/// <summary>
/// The system's MPI library. The standard binary interface of MPI 5.0 (<c>libmpi_abi.so.0</c>) comes first, then Open MPI's and MPICH's own; which of
/// those first is the launcher's to say.
/// </summary>
public sealed class MpiLibrary
{
    private const string StandardFile = "libmpi_abi.so.0";
    private const string OpenMpiFile = "libmpi.so.40";
    private const int LongestVersion = 8192;

    // Debian gives MPICH's library a name of its own.
    private static readonly string[] MpichFiles = ["libmpi.so.12", "libmpich.so.12"];

    private MpiLibrary(string file, nint handle)
    {
        File = file;
        Abi = file switch
        {
            StandardFile => MpiAbi.Standard,
            OpenMpiFile => MpiAbi.OpenMpi(handle),
            _ => MpiAbi.Mpich,
        };
        Calls = new MpiCalls(handle);
        Span<byte> text = stackalloc byte[LongestVersion];
        Calls.Version(text, out int length);
        string line = Encoding.UTF8.GetString(text[..length]).Split('\n', ',')[0];
        // "Open MPI v4.1.4, package: ..." and "MPICH Version:<tab>4.0.2"
        Version = string.Join(
            ' ',
            line.Replace("Version:", "", StringComparison.Ordinal).Split([' ', '\t', '\0'], StringSplitOptions.RemoveEmptyEntries)
        );
    }

    /// <summary>Its name, as the system's loader takes it.</summary>
    public string File { get; }

    /// <summary>What it says it is, as in <c>Open MPI v4.1.4</c>.</summary>
    public string Version { get; }

    internal static IReadOnlyList<string> OpenMpiFirst { get; } = [StandardFile, OpenMpiFile, .. MpichFiles];

    internal static IReadOnlyList<string> MpichFirst { get; } = [StandardFile, .. MpichFiles, OpenMpiFile];

    internal MpiAbi Abi { get; }

    internal MpiCalls Calls { get; }

    /// <summary>Loads the library of a launcher, or any without one; starts nothing.</summary>
    /// <exception cref="DllNotFoundException">There is none; the message names what was looked for and what was found instead.</exception>
    public static MpiLibrary Load(MpiLauncher? launcher) => Load(launcher, launcher?.Files ?? OpenMpiFirst);

    internal static MpiLibrary Load(MpiLauncher? launcher, IReadOnlyList<string> files)
    {
        using KeptSignals signals = new();
        List<string> others = [];
        foreach (string file in files)
        {
            if (!NativeLibrary.TryLoad(file, out nint handle))
            {
                continue;
            }

            MpiLibrary library = new(file, handle);
            if (launcher?.Takes(library.Version) ?? true)
            {
                return library;
            }

            others.Add($"{library.Version} ({file})");
            NativeLibrary.Free(handle);
        }

        string started = launcher is null ? "" : $" {launcher.Name} started this process ({launcher.Variable} is set).";
        string found = others.Count == 0 ? "" : $" Found only {string.Join(", ", others)}, which is not that launcher's.";
        throw new DllNotFoundException(
            $"There is no MPI library, looked for {string.Join(", ", files)}.{started}{found} Install Open MPI or MPICH (on Debian openmpi-bin or mpich), or name its folder in LD_LIBRARY_PATH."
        );
    }
}
