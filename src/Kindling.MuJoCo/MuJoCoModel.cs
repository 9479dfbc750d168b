using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kindling.MuJoCo;

/// <summary>A compiled model. Nothing changes it, so that any number of threads may simulate it.</summary>
public sealed class MuJoCoModel : SafeHandleZeroOrMinusOneIsInvalid
{
    private static readonly Lock Reading = new();

    private MuJoCoModel(MuJoCoLibrary library, nint model)
        : base(ownsHandle: true)
    {
        Library = library;
        SetHandle(model);
        PositionCount = Marshal.ReadInt32(model, MuJoCoLayout.Positions);
        VelocityCount = Marshal.ReadInt32(model, MuJoCoLayout.Velocities);
        ControlCount = Marshal.ReadInt32(model, MuJoCoLayout.Controls);
    }

    /// <summary>Numbers in a position.</summary>
    public int PositionCount { get; }

    /// <summary>Numbers in a velocity.</summary>
    public int VelocityCount { get; }

    /// <summary>Controls.</summary>
    public int ControlCount { get; }

    internal MuJoCoLibrary Library { get; }

    /// <summary>Compiles a model; a temporary file is written for it. Thread-safe.</summary>
    /// <param name="mjcf">The model in MuJoCo's XML.</param>
    /// <exception cref="DllNotFoundException">There is no MuJoCo that fits.</exception>
    /// <exception cref="ArgumentException">MuJoCo refuses the model; the message is its own.</exception>
    public static MuJoCoModel Parse(string mjcf) => Parse(MuJoCoLibrary.Load(), mjcf);

    internal static MuJoCoModel Parse(MuJoCoLibrary library, string mjcf)
    {
        string path = Path.Combine(Path.GetTempPath(), $"kindling-{Path.GetRandomFileName()}.xml");
        try
        {
            File.WriteAllText(path, mjcf);
            lock (Reading)
            {
                return new MuJoCoModel(library, library.Calls.Load(path));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Library.Calls.DeleteModel(handle);
        return true;
    }
}
