using System.Globalization;

namespace Kindling.Bundles;

/// <summary>
/// What adaptation changed, as a file of its own (<c>*.adapted</c>): adapted parameters and statistics, the class names of the head slots, the
/// identity of the bundle that it belongs to, and a checksum over all of it.
/// </summary>
/// <remarks>A delta is fitted to its examples and can reveal them: treat it like the data.</remarks>
public sealed class DeltaFile
{
    /// <summary>Usual extension.</summary>
    public const string Extension = ".adapted";

    /// <summary>The format that this library writes, and the highest that it reads. Format 1 had neither checksum nor generation.</summary>
    public const int CurrentFormatVersion = 2;

    /// <summary>Most earlier generations that <see cref="Write"/> keeps.</summary>
    public const int MaximumGenerations = 1000;

    private const string GenerationKey = "generation";
    private const string ThresholdKey = "confidenceThreshold";

    private static readonly SealedFormat Format = new("kindling-delta", CurrentFormatVersion, "a delta", Unsealed: 1);

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

    /// <summary>The confidence from which on predictions count (see <see cref="ILearner.Calibrate"/>); null where nobody has found it out.</summary>
    public float? ConfidenceThreshold { get; init; }

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
    /// Earlier generations that stay beside the file as <c>PATH.NUMBER</c>, at most <see cref="MaximumGenerations"/>; older ones are removed, one
    /// that cannot be at the next save. With 0 what stands there is replaced, and kept generations are left alone.
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
            ["base"] = Base,
            ["name"] = Name,
            ["classes"] = SealedFile.Join(Classes),
            ["steps"] = Steps.ToString(CultureInfo.InvariantCulture),
            [GenerationKey] = (Math.Min(last, int.MaxValue - 1) + 1).ToString(CultureInfo.InvariantCulture),
        };
        if (ConfidenceThreshold is { } threshold)
        {
            metadata[ThresholdKey] = threshold.ToString("R", CultureInfo.InvariantCulture);
        }

        SealedFile.Write(path, Format, Tensors, metadata, Invert);
        if (keep > 0)
        {
            Prune(path, keep);
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BundleException">Nothing is there, it is damaged, of a newer format, or not a delta; the message says which.</exception>
    public static DeltaFile Read(string path) => From(SealedFile.Read(path, Format));

    private static DeltaFile From(SealedFile file) =>
        new()
        {
            Base = file.Text("base"),
            Name = file.Text("name"),
            Classes = file.Names("classes"),
            Steps = file.Number("steps"),
            Invert = file.Invert(),
            ConfidenceThreshold = file.Fraction(ThresholdKey),
            Generation = file.Version > Format.Unsealed ? file.Number(GenerationKey) : 1,
            Tensors = file.Tensors,
        };

    private static void Prune(string path, int keep)
    {
        try
        {
            foreach (int number in DeltaGenerations.Numbers(path).Skip(keep))
            {
                File.Delete(DeltaGenerations.Name(path, number));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The delta is saved; the next save tries again.
        }
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
            return (bytes, From(SealedFile.Parse(bytes, path, Format)).Generation);
        }
        catch (BundleException)
        {
            return null;
        }
    }
}
