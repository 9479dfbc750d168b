using System.Buffers.Binary;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>
/// Named float32 tensors and text metadata in the safetensors format: 8 bytes header length, a JSON header, then the data, little-endian.
/// </summary>
/// <remarks>
/// Reading trusts nothing: header and shapes are bounded, the data must be covered exactly once, and names are unique. F16 and I8 become float32 as they are read;
/// an I8 tensor NAME comes with an F32 tensor <c>NAME.int8.scale</c>, a number for each index of the first axis, which is no tensor of its own.
/// Writing is deterministic: tensors and metadata stand in ordinal order of their names, wide numbers before narrow ones, so equal content gives equal bytes.
/// </remarks>
public sealed class SafetensorsFile
{
    /// <summary>Longest header that is read: 16 MiB.</summary>
    public const int MaximumHeaderBytes = 16 << 20;

    /// <summary>Most dimensions that a tensor may have.</summary>
    public const int MaximumRank = 16;

    private const string MetadataKey = "__metadata__";

    private SafetensorsFile(IReadOnlyDictionary<string, FloatTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Tensors { get; }

    /// <summary>The metadata by key; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BundleException">The file is damaged; the message names file, place, what was expected and what was found.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafetensorsFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        long length = new FileInfo(path).Length;
        return length > Array.MaxLength
            ? throw new BundleException($"{path}: at most {Array.MaxLength} bytes can be read, the file has {length}.")
            : Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a file that is in memory.</summary>
    /// <param name="bytes">The file's bytes.</param>
    /// <param name="source">What error messages call the file.</param>
    /// <exception cref="BundleException">The bytes are damaged.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> bytes, string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (bytes.Length < 8)
        {
            throw new BundleException($"{source}: expected at least 8 bytes (the length of the header), got {bytes.Length}.");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span);
        if (headerLength is 0 or > MaximumHeaderBytes)
        {
            throw new BundleException($"{source}, offset 0: expected a header of 1 to {MaximumHeaderBytes} bytes, got {headerLength}.");
        }

        if (headerLength > (ulong)(bytes.Length - 8))
        {
            throw new BundleException(
                $"{source}, offset 8: the header should have {headerLength} bytes, {bytes.Length - 8} are left in the file."
            );
        }

        ReadOnlyMemory<byte> header = bytes.Slice(8, (int)headerLength);
        try
        {
            using JsonDocument document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 8 });
            return SafetensorsHeader.Read(document.RootElement, bytes[(8 + (int)headerLength)..].Span, source);
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}, offset {8 + (e.BytePositionInLine ?? 0)}: the header is not valid JSON ({e.Message})", e);
        }
        catch (InvalidOperationException e)
        {
            throw new BundleException($"{source}, offset 8: the header holds text that is not valid UTF-8 or UTF-16 ({e.Message})", e);
        }
    }

    /// <summary>Writes a file atomically.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="tensors">Tensors by name.</param>
    /// <param name="metadata">Text by key, or null.</param>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, FloatTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    ) => AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes to a stream.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Tensors by name.</param>
    /// <param name="metadata">Text by key, or null.</param>
    /// <param name="storage">How tensors are held that are not held as float32, by name; their numbers are rounded so.</param>
    public static void Write(
        Stream stream,
        IReadOnlyDictionary<string, FloatTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        IReadOnlyDictionary<string, TensorStorage>? storage = null
    )
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        StoredBlock[] blocks = [.. tensors.SelectMany(t => StoredBlock.Of(t.Key, t.Value, storage?.GetValueOrDefault(t.Key) ?? default))];
        Array.Sort(blocks, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        if (Array.Find(blocks, IsMisnamed) is { } misnamed)
        {
            throw new ArgumentException($"A tensor cannot be called '{misnamed.Name}'.", nameof(tensors));
        }

        byte[] header = Header(blocks, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (StoredBlock block in ByWidth(blocks))
        {
            block.Write(stream);
        }
    }

    internal static SafetensorsFile Create(Dictionary<string, FloatTensor> tensors, Dictionary<string, string> metadata) =>
        new(tensors, metadata);

    private static bool IsMisnamed(StoredBlock block) => block.Name.Length == 0 || block.Name == MetadataKey;

    // Every number lies at a multiple of its size.
    private static IEnumerable<StoredBlock> ByWidth(StoredBlock[] blocks) => blocks.OrderByDescending(block => block.Width);

    private static byte[] Header(StoredBlock[] blocks, IReadOnlyDictionary<string, string>? metadata)
    {
        Dictionary<string, (long Begin, long End)> ranges = new(StringComparer.Ordinal);
        long offset = 0;
        foreach (StoredBlock block in ByWidth(blocks))
        {
            ranges.Add(block.Name, (offset, offset += block.Bytes));
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            foreach (StoredBlock block in blocks)
            {
                json.WriteStartObject(block.Name);
                json.WriteString("dtype", block.Type);
                json.WriteStartArray("shape");
                foreach (int dimension in block.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(ranges[block.Name].Begin);
                json.WriteNumberValue(ranges[block.Name].End);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Blanks fill the header up to a multiple of 8 bytes, so that the data is aligned.
        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.Length <= MaximumHeaderBytes
            ? buffer.ToArray()
            : throw new ArgumentException(
                $"Names and metadata take {buffer.Length} bytes, a header has at most {MaximumHeaderBytes}.",
                nameof(blocks)
            );
    }
}
