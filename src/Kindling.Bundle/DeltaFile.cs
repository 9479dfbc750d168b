using System.Globalization;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>
/// What adaptation changed, as a file of its own (<c>*.adapted</c>): adapted parameters and statistics, the class names of the head slots, and the
/// identity of the bundle that it belongs to.
/// </summary>
/// <remarks>A delta is fitted to its examples and can reveal them: treat it like the data.</remarks>
public sealed class DeltaFile
{
    /// <summary>Usual extension.</summary>
    public const string Extension = ".adapted";

    private const string Format = "kindling-delta/1";

    /// <summary>Absent in early files and where no pictures were adapted to.</summary>
    private const string InvertKey = "invert";

    /// <summary><see cref="BundleManifest.BaseIdentity"/> of the bundle.</summary>
    public required string Base { get; init; }

    /// <summary>Name of the bundle.</summary>
    public required string Name { get; init; }

    /// <summary>Class names in slot order; empty for regression.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Steps that led here from the meta-initialisation.</summary>
    public required int Steps { get; init; }

    /// <summary>How the pictures of the examples were inverted, and those to predict must be; null: as the bundle says.</summary>
    public ImageInversion? Invert { get; init; }

    /// <summary>Adapted parameters and statistics by name.</summary>
    public required IReadOnlyDictionary<string, FloatTensor> Tensors { get; init; }

    /// <summary>Writes the file atomically.</summary>
    public void Write(string path)
    {
        Dictionary<string, string> metadata = new()
        {
            ["format"] = Format,
            ["base"] = Base,
            ["name"] = Name,
            ["classes"] = JsonSerializer.Serialize([.. Classes], ManifestJson.Default.StringArray),
            ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
        };
        if (Invert is { } invert)
        {
            metadata[InvertKey] = invert.ToString().ToLowerInvariant();
        }

        SafetensorsFile.Write(path, Tensors, metadata);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BundleException">Nothing is there, it is damaged, or it is not a delta.</exception>
    public static DeltaFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new BundleException($"{path}: no such file.");
        }

        SafetensorsFile file = SafetensorsFile.Read(path);
        string format = Text(file, "format", path);
        if (format != Format)
        {
            throw new BundleException($"{path}: expected a delta of format '{Format}', got '{format}'.");
        }

        string steps = Text(file, "steps", path);
        return new DeltaFile
        {
            Base = Text(file, "base", path),
            Name = Text(file, "name", path),
            Classes = ClassNames(Text(file, "classes", path), path),
            Steps = int.TryParse(steps, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                ? count
                : throw new BundleException($"{path}: expected a number of steps, got '{steps}'."),
            Invert = file.Metadata.TryGetValue(InvertKey, out string? invert) ? Inversion(invert, path) : null,
            Tensors = file.Tensors,
        };
    }

    private static string Text(SafetensorsFile file, string key, string path) =>
        file.Metadata.TryGetValue(key, out string? value)
            ? value
            : throw new BundleException($"{path}: not a delta, the metadata '{key}' is missing.");

    private static ImageInversion Inversion(string word, string path) =>
        word switch
        {
            "auto" => ImageInversion.Auto,
            "yes" => ImageInversion.Yes,
            "no" => ImageInversion.No,
            _ => throw new BundleException($"{path}: expected invert auto, yes or no, got '{word}'."),
        };

    private static string[] ClassNames(string json, string path)
    {
        string[]? names = null;
        try
        {
            names = JsonSerializer.Deserialize(json, ManifestJson.Default.StringArray);
        }
        catch (JsonException)
        {
            // Reported below, with what came.
        }

        return names is not null && !names.Any(string.IsNullOrEmpty) && names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? names
            : throw new BundleException($"{path}: expected different class names as a JSON array, got '{json}'.");
    }
}
