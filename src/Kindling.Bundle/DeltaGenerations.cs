using System.Globalization;

namespace Kindling.Bundles;

/// <summary>Names of the earlier generations of a delta file: its own name, a dot, and their number.</summary>
internal static class DeltaGenerations
{
    internal static string Name(string path, int generation) => $"{path}.{generation}";

    /// <summary>Numbers of the generations that lie beside a file, highest first.</summary>
    internal static IEnumerable<int> Numbers(string path)
    {
        string full = Path.GetFullPath(path);
        string prefix = Path.GetFileName(full) + ".";
        DirectoryInfo folder = new(Path.GetDirectoryName(full)!);
        return folder.Exists
            ? folder.GetFiles().Select(file => Number(file.Name, prefix)).Where(number => number > 0).OrderDescending()
            : [];
    }

    private static int Number(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : 0;
}
