using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;

namespace Kindling.Train.Session;

/// <summary>
/// <c>metrics.jsonl</c> in the folder of a training: a line of JSON at every validation. A training that goes on from a checkpoint drops the lines
/// after it, since it comes there once more.
/// </summary>
public sealed class TrainingLog : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string FileName = "metrics.jsonl";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // a training that diverges says NaN in its metrics, too
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly StreamWriter writer;

    /// <summary>Opens the log of a training's folder.</summary>
    /// <param name="folder">The folder, which must exist.</param>
    /// <param name="iteration">Finished iterations: later lines are dropped, all of them at 0.</param>
    /// <exception cref="BundleException">A line that is there is damaged.</exception>
    public TrainingLog(string folder, int iteration)
    {
        string file = Path.Combine(folder, FileName);
        string[] kept = iteration == 0 ? [] : [.. Read(folder).Where(line => line.Iteration <= iteration).Select(Text)];
        AtomicFile.Write(file, Encoding.UTF8.GetBytes(string.Concat(kept)));
        writer = new StreamWriter(file, append: true);
    }

    /// <summary>The lines of a training's folder, by iteration; none where there is no file.</summary>
    /// <exception cref="BundleException">A line is damaged; a last one that a kill cut short does not count.</exception>
    public static IReadOnlyList<TrainingMetrics> Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        string text = File.Exists(file) ? File.ReadAllText(file) : "";
        string[] lines = text.Split('\n')[..^1];
        return [.. lines.Select((line, i) => Parse(line, $"{file}, line {i + 1}"))];
    }

    /// <summary>Appends a line, which is in the file when this returns.</summary>
    public void Add(TrainingMetrics line)
    {
        writer.Write(Text(line));
        writer.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private static string Text(TrainingMetrics line) => JsonSerializer.Serialize(line, Json) + "\n";

    private static TrainingMetrics Parse(string line, string source)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingMetrics>(line, Json) ?? throw new JsonException("got null");
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}: expected metrics of a training. {e.Message}", e);
        }
    }
}
