using System.Globalization;
using System.Text.RegularExpressions;

namespace Kindling.Cli.Machine;

/// <summary>The C++ runtime that this process has loaded, and the newest symbol version that it offers.</summary>
/// <param name="File">The library.</param>
/// <param name="Newest">As in <c>GLIBCXX_3.4.30</c>.</param>
internal sealed partial record CppRuntime(string File, string Newest)
{
    /// <summary>Looks for libstdc++ among the mapped files; null when there is none (other systems than Linux, or nothing loaded it yet).</summary>
    public static CppRuntime? Find()
    {
        const string Maps = "/proc/self/maps";
        if (!System.IO.File.Exists(Maps))
        {
            return null;
        }

        string? file = System
            .IO.File.ReadLines(Maps)
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libstdc++.so", StringComparison.Ordinal));
        if (file is null)
        {
            return null;
        }

        string text = System.Text.Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(file));
        int newest = SymbolVersion().Matches(text).Max(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        return new CppRuntime(file, $"GLIBCXX_3.4.{newest}");
    }

    [GeneratedRegex(@"GLIBCXX_3\.4\.(\d{1,3})\0")]
    private static partial Regex SymbolVersion();
}
