using System.Runtime.InteropServices;

namespace Kindling.MuJoCo;

/// <summary>
/// The system's MuJoCo (Todorov, Erez and Tassa 2012). Where state and controls lie is known of version 2.2.2, which Debian 12 has; any other is refused, and this one as
/// well if a model of known dynamics does not move as it must.
/// </summary>
public sealed class MuJoCoLibrary
{
    private static readonly string[] Files = ["libmujoco.so.2.2.2", "libmujoco.so"];

    private static readonly Lazy<MuJoCoLibrary> Found = new(() => Load(Files));

    private MuJoCoLibrary(string file, MuJoCoCalls calls) => (File, Calls) = (file, calls);

    /// <summary>Its name, as the system's loader takes it.</summary>
    public string File { get; }

    /// <summary>As in <c>2.2.2</c>.</summary>
    public string Version => Calls.Version();

    internal MuJoCoCalls Calls { get; }

    /// <summary>Loads it, once in a process. Thread-safe.</summary>
    /// <exception cref="DllNotFoundException">There is none, or another version only; the message says what to install.</exception>
    public static MuJoCoLibrary Load() => Found.Value;

    internal static MuJoCoLibrary Load(IReadOnlyList<string> files)
    {
        List<string> others = [];
        foreach (string file in files)
        {
            if (!NativeLibrary.TryLoad(file, out nint handle))
            {
                continue;
            }

            if (!MuJoCoCalls.AreIn(handle))
            {
                others.Add($"{file} lacks functions of MuJoCo");
                continue;
            }

            MuJoCoLibrary library = new(file, new MuJoCoCalls(handle));
            if (Refusal(library.Calls.Number()) is { } refusal)
            {
                others.Add($"{file} {refusal}");
                continue;
            }

            library.Calls.ListenToWarnings(handle);
            KnownModel.Check(library);
            return library;
        }

        string found = others.Count == 0 ? "" : $" Found only: {string.Join("; ", others)}.";
        throw new DllNotFoundException(
            $"There is no MuJoCo 2.2.2, looked for {string.Join(", ", files)}.{found} Install it (on Debian 12 libmujoco2.2.2), or name its folder in LD_LIBRARY_PATH."
        );
    }

    /// <summary>What is wrong with a version, as <c>mj_version</c> tells it; null: nothing.</summary>
    internal static string? Refusal(int version) =>
        version == MuJoCoLayout.Version
            ? null
            : $"is version {version}, as MuJoCo counts them; expected {MuJoCoLayout.Version}, since others lay out their state otherwise";
}
