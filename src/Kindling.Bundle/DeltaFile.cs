using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>
/// What adaptation changed, as a file of its own (<c>*.adapted</c>): adapted parameters and statistics, the class names of the head slots, the
/// identity of the bundle that it belongs to, and a checksum over all of it.
/// </summary>
/// <remarks>
/// A delta is fitted to its examples and can reveal them: treat it like the data. The checksum finds damage, not forgery: whoever can write the file can
/// write its checksum.
/// </remarks>
public sealed class DeltaFile
{
    /// <summary>Usual extension.</summary>
    public const string Extension = ".adapted";

    /// <summary>The format that this library writes, and the highest that it reads. Format 1 had neither checksum nor generation.</summary>
    public const int CurrentFormatVersion = 2;

    /// <summary>Most earlier generations that <see cref="Write"/> keeps.</summary>
    public const int MaximumGenerations = 1000;

    private const string FormatPrefix = "kindling-delta/";
    private const string ChecksumKey = "sha256";
    private const string GenerationKey = "generation";

    /// <summary>Absent where no pictures were adapted to.</summary>
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

    /// <summary>How often the file had been saved when this was read, this time included; 1 in one that was not saved yet.</summary>
    public int Generation { get; private init; } = 1;

    /// <summary>Adapted parameters and statistics by name.</summary>
    public required IReadOnlyDictionary<string, FloatTensor> Tensors { get; init; }

    /// <summary>Earlier generations that <see cref="Write"/> left beside a file, the newest first; each can be opened like the file itself.</summary>
    /// <param name="path">The delta file; it need not exist.</param>
    /// <returns>Paths: the file's, a dot, and the generation's number.</returns>
    public static IReadOnlyList<string> Generations(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return [.. DeltaGenerations.Numbers(path).Select(number => DeltaGenerations.Name(path, number))];
    }

    /// <summary>Writes the file atomically: whatever happens, the path holds the old content or the new one.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="keep">
    /// Earlier generations that stay beside the file as <c>PATH.NUMBER</c>, at most <see cref="MaximumGenerations"/>; older ones are removed. With 0
    /// what stands there is replaced, and kept generations are left alone.
    /// </param>
    public void Write(string path, int keep = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, MaximumGenerations);
        int last = 0;
        if (Present(path) is var (bytes, generation))
        {
            last = generation;
            if (keep > 0)
            {
                // The bytes that were read, not the file: another process may replace it in between.
                AtomicFile.Write(DeltaGenerations.Name(path, generation), bytes);
            }
        }

        if (keep > 0)
        {
            last = Math.Max(last, DeltaGenerations.Numbers(path).FirstOrDefault());
        }

        Dictionary<string, string> metadata = new()
        {
            ["format"] = $"{FormatPrefix}{CurrentFormatVersion}",
            ["base"] = Base,
            ["name"] = Name,
            ["classes"] = JsonSerializer.Serialize([.. Classes], ManifestJson.Default.StringArray),
            ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
            [GenerationKey] = (Math.Min(last, int.MaxValue - 1) + 1).ToString(CultureInfo.InvariantCulture),
        };
        if (Invert is { } invert)
        {
            metadata[InvertKey] = invert.ToString().ToLowerInvariant();
        }

        metadata[ChecksumKey] = Checksum(Tensors, metadata);
        SafetensorsFile.Write(path, Tensors, metadata);
        foreach (int number in keep > 0 ? DeltaGenerations.Numbers(path).Skip(keep) : [])
        {
            File.Delete(DeltaGenerations.Name(path, number));
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BundleException">Nothing is there, it is damaged, of a newer format, or not a delta; the message says which.</exception>
    public static DeltaFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) ? From(SafetensorsFile.Read(path), path) : throw new BundleException($"{path}: no such file.");
    }

    private static DeltaFile From(SafetensorsFile file, string path)
    {
        int version = Version(Text(file, "format", path), path);
        if (version > 1)
        {
            string expected = Text(file, ChecksumKey, path);
            string actual = Checksum(file.Tensors, file.Metadata);
            if (actual != expected)
            {
                throw new BundleException($"{path}: the file is damaged or changed: expected SHA-256 {expected}, got {actual}.");
            }
        }

        return new DeltaFile
        {
            Base = Text(file, "base", path),
            Name = Text(file, "name", path),
            Classes = ClassNames(Text(file, "classes", path), path),
            Steps = Number(file, "steps", path),
            Invert = file.Metadata.TryGetValue(InvertKey, out string? invert) ? Inversion(invert, path) : null,
            Generation = version > 1 ? Number(file, GenerationKey, path) : 1,
            Tensors = file.Tensors,
        };
    }

    /// <summary>SHA-256 of the file as it is without its checksum: equal content is written as equal bytes.</summary>
    private static string Checksum(IReadOnlyDictionary<string, FloatTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using SHA256 sha = SHA256.Create();
        using (CryptoStream stream = new(Stream.Null, sha, CryptoStreamMode.Write))
        {
            SafetensorsFile.Write(
                stream,
                tensors,
                metadata.Where(pair => pair.Key != ChecksumKey).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal)
            );
        }

        return Convert.ToHexStringLower(sha.Hash!);
    }

    /// <summary>What stands at a path, with its generation; null where nothing readable does, which is not worth keeping.</summary>
    private static (byte[] Bytes, int Generation)? Present(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            return (bytes, From(SafetensorsFile.Parse(bytes, path), path).Generation);
        }
        catch (BundleException)
        {
            return null;
        }
    }

    private static int Version(string format, string path)
    {
        if (
            !format.StartsWith(FormatPrefix, StringComparison.Ordinal)
            || !int.TryParse(format.AsSpan(FormatPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            || version == 0
        )
        {
            throw new BundleException($"{path}: expected a delta of format '{FormatPrefix}{CurrentFormatVersion}', got '{format}'.");
        }

        return version <= CurrentFormatVersion
            ? version
            : throw new BundleException(
                $"{path}: the delta has format {version}, this version of the library reads up to {CurrentFormatVersion}: it needs a newer one."
            );
    }

    private static string Text(SafetensorsFile file, string key, string path) =>
        file.Metadata.TryGetValue(key, out string? value)
            ? value
            : throw new BundleException($"{path}: not a delta, the metadata '{key}' is missing.");

    private static int Number(SafetensorsFile file, string key, string path)
    {
        string text = Text(file, key, path);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new BundleException($"{path}: expected a number of {key}, got '{text}'.");
    }

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
