using System.Text.Json;

namespace Kindling.Cli;

/// <summary>Results on standard output: text, or one JSON object with <c>--json</c>.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static void Write(bool json, object result, string text) =>
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(result, Json) : text);
}
