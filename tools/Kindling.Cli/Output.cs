using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;

namespace Kindling.Cli;

/// <summary>Results on standard output: text, or one JSON object with <c>--json</c>.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // A diverged baseline has no finite figure, and a single episode no interval.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static void Write(bool json, object result, string text) =>
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(result, Json) : text);

    /// <summary>Writes a result as a JSON file; its folder is made.</summary>
    public static void WriteFile(string path, object result)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(result, Json));
    }
}
