using System.Runtime.InteropServices;
using System.Text;

namespace Kindling.MuJoCo;

/// <summary>The functions of MuJoCo that worlds need, by their addresses.</summary>
internal sealed unsafe class MuJoCoCalls(nint library)
{
    private const int LongestError = 1000;

    private static readonly string[] Names =
    [
        "mj_version",
        "mj_versionString",
        "mj_loadXML",
        "mj_deleteModel",
        "mj_makeData",
        "mj_deleteData",
        "mj_resetData",
        "mj_step",
        "mju_user_warning",
    ];

    [ThreadStatic]
    private static string? warned;

    private readonly delegate* unmanaged<int> version = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "mj_version");
    private readonly delegate* unmanaged<byte*> versionText = (delegate* unmanaged<byte*>)
        NativeLibrary.GetExport(library, "mj_versionString");
    private readonly delegate* unmanaged<byte*, nint, byte*, int, nint> load = (delegate* unmanaged<byte*, nint, byte*, int, nint>)
        NativeLibrary.GetExport(library, "mj_loadXML");
    private readonly delegate* unmanaged<nint, void> deleteModel = (delegate* unmanaged<nint, void>)
        NativeLibrary.GetExport(library, "mj_deleteModel");
    private readonly delegate* unmanaged<nint, nint> make = (delegate* unmanaged<nint, nint>)
        NativeLibrary.GetExport(library, "mj_makeData");
    private readonly delegate* unmanaged<nint, void> deleteData = (delegate* unmanaged<nint, void>)
        NativeLibrary.GetExport(library, "mj_deleteData");
    private readonly delegate* unmanaged<nint, nint, void> reset = (delegate* unmanaged<nint, nint, void>)
        NativeLibrary.GetExport(library, "mj_resetData");
    private readonly delegate* unmanaged<nint, nint, void> step = (delegate* unmanaged<nint, nint, void>)
        NativeLibrary.GetExport(library, "mj_step");

    /// <summary>Whether a library has them.</summary>
    public static bool AreIn(nint library) => Array.TrueForAll(Names, name => NativeLibrary.TryGetExport(library, name, out _));

    /// <summary>Has warnings told to <see cref="Step"/>, instead of written to MUJOCO_LOG.TXT in the current folder.</summary>
    public void ListenToWarnings(nint library) =>
        *(delegate* unmanaged<byte*, void>*)NativeLibrary.GetExport(library, "mju_user_warning") = &Warn;

    public int Number() => version();

    public string Version() => Marshal.PtrToStringUTF8((nint)versionText())!;

    /// <summary>A model from a file of MJCF; one at a time, since MuJoCo remembers what it read last.</summary>
    /// <exception cref="ArgumentException">MuJoCo refuses it; the message is its own.</exception>
    public nint Load(string path)
    {
        byte* error = stackalloc byte[LongestError];
        *error = 0;
        fixed (byte* file = Encoding.UTF8.GetBytes(path + '\0'))
        {
            nint model = load(file, 0, error, LongestError);
            return model != 0
                ? model
                : throw new ArgumentException($"MuJoCo cannot read the model: {Marshal.PtrToStringUTF8((nint)error)?.Trim()}");
        }
    }

    public void DeleteModel(nint model) => deleteModel(model);

    public nint MakeData(nint model) => make(model);

    public void DeleteData(nint data) => deleteData(data);

    public void Reset(nint model, nint data) => reset(model, data);

    /// <summary>Steps of the model's time.</summary>
    /// <exception cref="InvalidOperationException">MuJoCo warns of something, as of numbers that ran away, after which it begins anew by itself.</exception>
    public void Step(nint model, nint data, int count)
    {
        warned = null;
        for (int i = 0; i < count; i++)
        {
            step(model, data);
        }

        if (warned is { } warning)
        {
            throw new InvalidOperationException($"MuJoCo: {warning}");
        }
    }

    [UnmanagedCallersOnly]
    private static void Warn(byte* text) => warned = Marshal.PtrToStringUTF8((nint)text);
}
