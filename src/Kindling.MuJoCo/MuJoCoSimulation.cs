using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kindling.MuJoCo;

/// <summary>
/// A model in motion. Equal states and controls give equal motions, bit for bit, on the same machine. Not thread-safe; each thread takes its own. What it shows of itself
/// is valid until it is disposed.
/// </summary>
public sealed unsafe class MuJoCoSimulation : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly MuJoCoModel model;

    /// <summary>Puts a model where it begins, at rest. It may be disposed before this is.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MuJoCoSimulation(MuJoCoModel model)
        : base(ownsHandle: true)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        bool held = false;
        model.DangerousAddRef(ref held);
        SetHandle(model.Library.Calls.MakeData(model.DangerousGetHandle()));
        if (IsInvalid)
        {
            model.DangerousRelease();
            throw new InvalidOperationException("MuJoCo could not make room for a simulation.");
        }
    }

    /// <summary>Seconds since it began.</summary>
    public double Time => *(double*)(Address + MuJoCoLayout.Time);

    /// <summary>Generalised coordinates, in the order of the model's joints: meters and radians.</summary>
    public Span<double> Position => Numbers(MuJoCoLayout.Position, model.PositionCount);

    /// <summary>Their speeds: meters and radians a second.</summary>
    public Span<double> Velocity => Numbers(MuJoCoLayout.Velocity, model.VelocityCount);

    /// <summary>What the model's actuators are told, in their order; they cut it to their ranges.</summary>
    public Span<double> Control => Numbers(MuJoCoLayout.Control, model.ControlCount);

    private nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Puts it back to where the model begins, at rest, controls 0.</summary>
    public void Reset()
    {
        model.Library.Calls.Reset(model.DangerousGetHandle(), Address);
        GC.KeepAlive(this);
    }

    /// <summary>Lets it move.</summary>
    /// <param name="count">Steps of the model's time.</param>
    /// <exception cref="InvalidOperationException">MuJoCo warns, as of numbers that run away; the message is its own.</exception>
    public void Step(int count = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        model.Library.Calls.Step(model.DangerousGetHandle(), Address, count);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        model.Library.Calls.DeleteData(handle);
        model.DangerousRelease();
        return true;
    }

    private Span<double> Numbers(int offset, int count) => new((void*)Marshal.ReadIntPtr(Address, offset), count);
}
