using System.Runtime.InteropServices;

namespace Kindling.Mpi;

/// <summary>The functions of an MPI library that a training needs, by their addresses. What a function returns is checked here.</summary>
internal sealed unsafe class MpiCalls(nint library)
{
    private readonly delegate* unmanaged<byte*, int*, int> version = (delegate* unmanaged<byte*, int*, int>)
        NativeLibrary.GetExport(library, "MPI_Get_library_version");
    private readonly delegate* unmanaged<int*, int> initialized = (delegate* unmanaged<int*, int>)
        NativeLibrary.GetExport(library, "MPI_Initialized");
    private readonly delegate* unmanaged<int*, byte***, int, int*, int> init = (delegate* unmanaged<int*, byte***, int, int*, int>)
        NativeLibrary.GetExport(library, "MPI_Init_thread");
    private readonly delegate* unmanaged<int> finalize = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "MPI_Finalize");
    private readonly delegate* unmanaged<nint, int, int> abort = (delegate* unmanaged<nint, int, int>)
        NativeLibrary.GetExport(library, "MPI_Abort");
    private readonly delegate* unmanaged<nint, int*, int> rank = (delegate* unmanaged<nint, int*, int>)
        NativeLibrary.GetExport(library, "MPI_Comm_rank");
    private readonly delegate* unmanaged<nint, int*, int> size = (delegate* unmanaged<nint, int*, int>)
        NativeLibrary.GetExport(library, "MPI_Comm_size");
    private readonly delegate* unmanaged<byte*, int, nint, int, int, nint, int> send = (delegate* unmanaged<
        byte*,
        int,
        nint,
        int,
        int,
        nint,
        int>)
        NativeLibrary.GetExport(library, "MPI_Send");
    private readonly delegate* unmanaged<byte*, int, nint, int, int, nint, nint, int> receive = (delegate* unmanaged<
        byte*,
        int,
        nint,
        int,
        int,
        nint,
        nint,
        int>)
        NativeLibrary.GetExport(library, "MPI_Recv");
    private readonly delegate* unmanaged<byte*, int, nint, int, nint, int> broadcast = (delegate* unmanaged<
        byte*,
        int,
        nint,
        int,
        nint,
        int>)
        NativeLibrary.GetExport(library, "MPI_Bcast");
    private readonly delegate* unmanaged<int*, int*, int, nint, nint, nint, int> allReduce = (delegate* unmanaged<
        int*,
        int*,
        int,
        nint,
        nint,
        nint,
        int>)
        NativeLibrary.GetExport(library, "MPI_Allreduce");

    public void Version(Span<byte> text, out int length)
    {
        int n;
        fixed (byte* p = text)
        {
            Check(version(p, &n), "MPI_Get_library_version");
        }

        length = n;
    }

    public bool IsInitialized()
    {
        int flag;
        Check(initialized(&flag), "MPI_Initialized");
        return flag != 0;
    }

    /// <summary>Starts MPI; the result is the level of thread support that there is.</summary>
    public int Init(int threadLevel)
    {
        int provided;
        Check(init(null, null, threadLevel, &provided), "MPI_Init_thread");
        return provided;
    }

    public void Finish() => Check(finalize(), "MPI_Finalize");

    public void Abort(nint world, int code) => Check(abort(world, code), "MPI_Abort");

    public int Rank(nint world)
    {
        int value;
        Check(rank(world, &value), "MPI_Comm_rank");
        return value;
    }

    public int Size(nint world)
    {
        int value;
        Check(size(world, &value), "MPI_Comm_size");
        return value;
    }

    public void Send(ReadOnlySpan<byte> data, int to, MpiAbi abi)
    {
        fixed (byte* p = data)
        {
            Check(send(p, data.Length, abi.Byte, to, 0, abi.World), "MPI_Send");
        }
    }

    public void Receive(Span<byte> data, int from, MpiAbi abi)
    {
        fixed (byte* p = data)
        {
            Check(receive(p, data.Length, abi.Byte, from, 0, abi.World, abi.StatusIgnore), "MPI_Recv");
        }
    }

    public void Broadcast(Span<byte> data, int from, MpiAbi abi)
    {
        fixed (byte* p = data)
        {
            Check(broadcast(p, data.Length, abi.Byte, from, abi.World), "MPI_Bcast");
        }
    }

    public int Max(int value, MpiAbi abi)
    {
        int max;
        Check(allReduce(&value, &max, 1, abi.Int, abi.Max, abi.World), "MPI_Allreduce");
        return max;
    }

    // Libraries end the program themselves by default (MPI_ERRORS_ARE_FATAL): a code comes back only where that was changed from outside.
    private static void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new InvalidOperationException($"{function} failed with code {code}.");
        }
    }
}
