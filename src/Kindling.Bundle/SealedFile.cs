using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>
/// A safetensors file of one of the runtime's own formats: the metadata name format and version, and a checksum covers everything else. It finds damage,
/// not forgery: whoever can write the file can write its checksum.
/// </summary>
internal sealed class SealedFile
{
    private const string FormatKey = "format";
    private const string ChecksumKey = "sha256";
    private const string InvertKey = "invert";

    private readonly SafetensorsFile _file;
    private readonly string _path;
    private readonly string _what;

    private SealedFile(SafetensorsFile file, int version, string path, string what)
    {
        _file = file;
        _path = path;
        _what = what;
        Version = version;
    }

    /// <summary>The version of the format.</summary>
    internal int Version { get; }

    internal IReadOnlyDictionary<string, FloatTensor> Tensors => _file.Tensors;

    /// <summary>Writes a file atomically.</summary>
    internal static void Write(
        string path,
        SealedFormat format,
        IReadOnlyDictionary<string, FloatTensor> tensors,
        IReadOnlyDictionary<string, string> metadata,
        ImageInversion? invert
    )
    {
        Dictionary<string, string> complete = new(metadata, StringComparer.Ordinal) { [FormatKey] = $"{format.Name}/{format.Version}" };
        if (invert is { } rule)
        {
            complete[InvertKey] = rule.ToString().ToLowerInvariant();
        }

        complete[ChecksumKey] = Checksum(tensors, complete);
        SafetensorsFile.Write(path, tensors, complete);
    }

    /// <summary>Reads a file and checks its seal.</summary>
    /// <exception cref="BundleException">Nothing is there, it is damaged, of a newer version, or another kind of file; the message says which.</exception>
    internal static SealedFile Read(string path, SealedFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) ? Open(SafetensorsFile.Read(path), path, format) : throw new BundleException($"{path}: no such file.");
    }

    /// <summary>Checks the seal of a file that is in memory.</summary>
    internal static SealedFile Parse(byte[] bytes, string path, SealedFormat format) =>
        Open(SafetensorsFile.Parse(bytes, path), path, format);

    /// <summary>Several names as one text.</summary>
    internal static string Join(IReadOnlyList<string> names) => JsonSerializer.Serialize([.. names], ManifestJson.Default.StringArray);

    internal string Text(string key) =>
        _file.Metadata.TryGetValue(key, out string? value)
            ? value
            : throw new BundleException($"{_path}: not {_what}, the metadata '{key}' is missing.");

    internal int Number(string key)
    {
        string text = Text(key);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new BundleException($"{_path}: expected a number of {key}, got '{text}'.");
    }

    /// <summary>A number from 0 to 1; null where there is none.</summary>
    internal float? Fraction(string key)
    {
        string? text = _file.Metadata.GetValueOrDefault(key);
        return text is null ? null
            : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && number is >= 0 and <= 1 ? number
            : throw new BundleException($"{_path}: expected a {key} from 0 to 1, got '{text}'.");
    }

    /// <summary>Different names that <see cref="Join"/> wrote.</summary>
    internal string[] Names(string key)
    {
        string json = Text(key);
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
            : throw new BundleException($"{_path}: expected different class names as a JSON array, got '{json}'.");
    }

    /// <summary>How pictures were inverted; null where there were none.</summary>
    internal ImageInversion? Invert() =>
        _file.Metadata.GetValueOrDefault(InvertKey) switch
        {
            null => null,
            "auto" => ImageInversion.Auto,
            "yes" => ImageInversion.Yes,
            "no" => ImageInversion.No,
            string word => throw new BundleException($"{_path}: expected invert auto, yes or no, got '{word}'."),
        };

    private static SealedFile Open(SafetensorsFile file, string path, SealedFormat format)
    {
        SealedFile opened = new(file, VersionOf(file, path, format), path, format.What);
        if (opened.Version > format.Unsealed)
        {
            string expected = opened.Text(ChecksumKey);
            string actual = Checksum(file.Tensors, file.Metadata);
            if (actual != expected)
            {
                throw new BundleException($"{path}: the file is damaged or changed: expected SHA-256 {expected}, got {actual}.");
            }
        }

        return opened;
    }

    private static int VersionOf(SafetensorsFile file, string path, SealedFormat format)
    {
        if (!file.Metadata.TryGetValue(FormatKey, out string? text))
        {
            throw new BundleException($"{path}: not {format.What}, the metadata '{FormatKey}' is missing.");
        }

        string prefix = format.Name + "/";
        if (
            !text.StartsWith(prefix, StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            || version == 0
        )
        {
            throw new BundleException($"{path}: expected {format.What} of format '{prefix}{format.Version}', got '{text}'.");
        }

        return version <= format.Version
            ? version
            : throw new BundleException(
                $"{path}: the file has format {version}, this version of the library reads up to {format.Version}: it needs a newer one."
            );
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
}
