using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kindling.Train.Torch;

/// <summary>
/// Loads libtorch before TorchSharp is first used. TorchSharp's own library asks for the symbol version GLIBCXX_3.4.32, which the C++ runtime
/// of Debian 12, Ubuntu 22.04 and RHEL 9 lacks, for one symbol that is a link-time marker and is never called. Where the library does not load
/// as it is, a copy with that request made weak is loaded instead; the package cache is not touched.
/// </summary>
public static class TorchNatives
{
    private const string Version = "GLIBCXX_3.4.32";
    private const string Wrapper = "libLibTorchSharp.so";
    private static readonly Lazy<string> Loaded = new(LoadAll);

    /// <summary>Loads the native libraries once; later calls return at once. Thread-safe.</summary>
    /// <returns>The file that TorchSharp's wrapper was loaded from, or "" where the platform's own loader is left to it.</returns>
    /// <exception cref="DllNotFoundException">A library is missing or does not load; the message names it.</exception>
    public static string Load() => Loaded.Value;

    private static string LoadAll()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "";
        }

        string folder = FindFolder();
        // In the order of their dependencies, so that each finds the others already loaded.
        foreach (string name in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                _ = NativeLibrary.Load(path);
            }
        }

        string wrapper = Path.Combine(folder, Wrapper);
        if (!NativeLibrary.TryLoad(wrapper, out nint handle))
        {
            wrapper = PatchedCopy(wrapper);
            handle = NativeLibrary.Load(wrapper);
        }

        NativeLibrary.SetDllImportResolver(
            typeof(TorchSharp.torch).Assembly,
            (name, _, _) => name is "LibTorchSharp" or Wrapper ? handle : nint.Zero
        );
        return wrapper;
    }

    private static string FindFolder()
    {
        string program = AppContext.BaseDirectory;
        string[] candidates = [Path.Combine(program, "runtimes", "linux-x64", "native"), program];
        return Array.Find(candidates, c => File.Exists(Path.Combine(c, Wrapper)))
            ?? throw new DllNotFoundException(
                $"{Wrapper} was found neither in {string.Join(" nor in ", candidates)}; reference the packages TorchSharp and libtorch-cpu-linux-x64 (or TorchSharp-cuda-linux)."
            );
    }

    private static string PatchedCopy(string original)
    {
        byte[] bytes = File.ReadAllBytes(original);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        if (ElfVersionNeeds.MakeWeak(bytes, Version) == 0)
        {
            throw new DllNotFoundException(
                $"{original} does not load, and not for want of {Version}; `ldd {original}` shows what is missing."
            );
        }

        string folder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create),
            "kindling",
            "native",
            hash
        );
        if (folder.StartsWith("kindling", StringComparison.Ordinal))
        {
            folder = Path.Combine(Path.GetTempPath(), folder);
        }

        _ = Directory.CreateDirectory(folder);
        string copy = Path.Combine(folder, Wrapper);
        if (!File.Exists(copy) || !File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes))
        {
            string temporary = Path.Combine(folder, Path.GetRandomFileName());
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, copy, overwrite: true);
        }

        return copy;
    }
}
