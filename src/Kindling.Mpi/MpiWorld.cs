namespace Kindling.Mpi;

/// <summary>
/// All processes that a launcher started together (MPI_COMM_WORLD). Blocking; every call has to come from the thread that called <see cref="Start"/>.
/// A process can start one world in its life.
/// </summary>
public sealed class MpiWorld : IDisposable
{
    private readonly MpiLibrary library;
    private bool isOver;

    private MpiWorld(MpiLibrary library)
    {
        this.library = library;
        Rank = library.Calls.Rank(library.Abi.World);
        Count = library.Calls.Size(library.Abi.World);
    }

    /// <summary>What it runs on, as in <c>Open MPI v4.1.4</c>.</summary>
    public string Version => library.Version;

    /// <summary>The number of this process, from 0.</summary>
    public int Rank { get; }

    /// <summary>Number of processes.</summary>
    public int Count { get; }

    /// <summary>Loads the launcher's MPI library and meets the other processes.</summary>
    /// <param name="launcher">What started this process; null where nothing says so, and it may be alone.</param>
    /// <exception cref="DllNotFoundException">There is no such library, or the one found does not see what the launcher started.</exception>
    public static MpiWorld Start(MpiLauncher? launcher)
    {
        MpiLibrary found = MpiLibrary.Load(launcher);
        if (found.Calls.IsInitialized())
        {
            throw new InvalidOperationException("MPI was already started in this process, and can be only once.");
        }

        using KeptSignals signals = new();
        if (found.Calls.Init(found.Abi.ThreadFunneled) < found.Abi.ThreadFunneled)
        {
            throw new DllNotFoundException($"{found.Version} ({found.File}) was built for programs of one thread only.");
        }

        MpiWorld world = new(found);
        if (launcher is not null && (launcher.Rank != world.Rank || (launcher.Count ?? world.Count) != world.Count))
        {
            // As the processes do not see each other, each would train alone and write into the same folder.
            string started = launcher.Count is { } count ? $"{launcher.Rank} of {count}" : $"{launcher.Rank}";
            string message =
                $"{launcher.Name} started this process as number {started}, but for {found.Version} ({found.File}) it is number {world.Rank} of {world.Count}: that is not the launcher's library. Start with the mpirun of that MPI, or install the launcher's.";
            world.Dispose();
            throw new DllNotFoundException(message);
        }

        return world;
    }

    /// <summary>Sends to one process, which has to receive as many bytes.</summary>
    public void Send(ReadOnlySpan<byte> data, int to) => library.Calls.Send(data, to, library.Abi);

    /// <summary>Receives from one process.</summary>
    public void Receive(Span<byte> data, int from) => library.Calls.Receive(data, from, library.Abi);

    /// <summary>Gives all processes the bytes of one; all have to call it.</summary>
    public void Broadcast(Span<byte> data, int from) => library.Calls.Broadcast(data, from, library.Abi);

    /// <summary>Whether it is so in any process; all have to call it.</summary>
    public bool Any(bool value) => library.Calls.Max(value ? 1 : 0, library.Abi) != 0;

    /// <summary>Ends all processes at once, this one too; launchers hand the exit code on.</summary>
    public void Abort(int exitCode)
    {
        isOver = true;
        library.Calls.Abort(library.Abi.World, exitCode);
    }

    /// <summary>Waits for the others and takes leave.</summary>
    public void Dispose()
    {
        if (!isOver)
        {
            isOver = true;
            // A launcher ends the others when the first one leaves with an exit code, and process 0 may still be writing a file.
            _ = Any(false);
            library.Calls.Finish();
        }
    }
}
