using System.Runtime.InteropServices;

namespace Kindling.Mpi;

/// <summary>
/// Keeps the handlers of signals for faults, by which .NET knows a null reference or a division by zero, while libraries load and start that put
/// theirs in place: UCX, beneath MPICH and many an Open MPI, would end the program with a backtrace instead. Does nothing but on Linux with the GNU C library.
/// </summary>
internal sealed unsafe partial class KeptSignals : IDisposable
{
    // The C library's struct sigaction has 152 bytes or fewer.
    private const int Room = 256;

    // SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV of Linux
    private static readonly int[] Signals = [4, 5, 6, 7, 8, 11];

    private static readonly bool Works = OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out _);

    private readonly byte[] kept = new byte[Signals.Length * Room];

    public KeptSignals()
    {
        for (int i = 0; i < Signals.Length && Works; i++)
        {
            fixed (byte* action = &kept[i * Room])
            {
                _ = SigAction(Signals[i], null, action);
            }
        }
    }

    /// <summary>Puts them back.</summary>
    public void Dispose()
    {
        for (int i = 0; i < Signals.Length && Works; i++)
        {
            fixed (byte* action = &kept[i * Room])
            {
                _ = SigAction(Signals[i], action, null);
            }
        }
    }

    // By the C library's name: UCX exports a function of the same name that does nothing.
    [LibraryImport("libc.so.6", EntryPoint = "sigaction")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SigAction(int signal, byte* action, byte* before);
}
