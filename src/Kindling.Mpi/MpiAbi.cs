using System.Runtime.InteropServices;

namespace Kindling.Mpi;

/// <summary>
/// The constants that a program is compiled with, of the three binary interfaces that there are: numbers in MPI 5.0's standard interface (its
/// chapter on the ABI, and <c>mpi.h</c> of mpi-forum/mpi-abi-stubs) and in MPICH's <c>mpi.h</c>, addresses of exported objects in Open MPI's.
/// </summary>
/// <param name="World">MPI_COMM_WORLD.</param>
/// <param name="Byte">MPI_BYTE.</param>
/// <param name="Int">MPI_INT.</param>
/// <param name="Max">MPI_MAX.</param>
/// <param name="StatusIgnore">MPI_STATUS_IGNORE.</param>
/// <param name="ThreadFunneled">MPI_THREAD_FUNNELED.</param>
/// <remarks>
/// MPICH's handles are C <c>int</c>s, the others pointers. All are passed as pointers here: on x64 and ARM64 a callee reads the lower half of the same
/// register.
/// </remarks>
internal sealed record MpiAbi(nint World, nint Byte, nint Int, nint Max, nint StatusIgnore, int ThreadFunneled)
{
    public static MpiAbi Standard { get; } = new(0x101, 0x247, 0x209, 0x23, 0, 1024);

    public static MpiAbi Mpich { get; } = new(0x44000000, 0x4c00010d, 0x4c000405, 0x58000001, 1, 1);

    public static MpiAbi OpenMpi(nint library) =>
        new(
            NativeLibrary.GetExport(library, "ompi_mpi_comm_world"),
            NativeLibrary.GetExport(library, "ompi_mpi_byte"),
            NativeLibrary.GetExport(library, "ompi_mpi_int"),
            NativeLibrary.GetExport(library, "ompi_mpi_op_max"),
            0,
            1
        );
}
