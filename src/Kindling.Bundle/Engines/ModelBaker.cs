using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>
/// Writes the bundle's self-contained model with other weights: the manifest says which bytes of the file are which tensor, so that they are
/// overwritten in a copy, without a reader of the ONNX format.
/// </summary>
internal static class ModelBaker
{
    // ModelProto.metadata_props is field 14, a message of key (field 1) and value (field 2), all length-delimited. A serialised message may be
    // extended by appending a field.
    private const byte MetadataTag = (14 << 3) | 2;
    private const byte KeyTag = (1 << 3) | 2;
    private const byte ValueTag = (2 << 3) | 2;

    /// <summary>Bakes.</summary>
    /// <param name="files">The bundle.</param>
    /// <param name="heads">The learner's heads.</param>
    /// <param name="tensors">The weights that are not the bundle's, of the manifest's shapes.</param>
    /// <param name="path">Where to write.</param>
    /// <exception cref="BundleException">The bundle brings no self-contained model, or one that does not fit the manifest.</exception>
    internal static void Bake(BundleFiles files, Heads heads, IEnumerable<KeyValuePair<string, FloatTensor>> tensors, string path)
    {
        ManifestBake bake =
            files.Manifest.Bake
            ?? throw new BundleException($"{files.Path}: the bundle brings no self-contained model (model.onnx), so nothing can be baked.");
        if (!files.Contains(bake.File))
        {
            throw new BundleException($"{files.Path}: the file '{bake.File}' is missing, so nothing can be baked.");
        }

        byte[] model = files.Read(bake.File);
        // The manifest has been checked: what is not baked is what prediction does not read.
        foreach ((string name, FloatTensor tensor) in tensors.Where(tensor => bake.Tensors.ContainsKey(tensor.Key)))
        {
            Overwrite(model, name, tensor.Values, bake, files);
        }

        if (heads.IsClassification)
        {
            Overwrite(model, GraphSignature.Mask, heads.Mask(), bake, files);
        }

        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(model);
                if (heads.Classes.Length > 0)
                {
                    stream.Write(Metadata("kindling.classes", Json(heads.Classes)));
                }
            }
        );
    }

    private static void Overwrite(byte[] model, string name, float[] values, ManifestBake bake, BundleFiles files)
    {
        ManifestBytes range = bake.Tensors[name];
        if (range.Offset > model.Length - range.Bytes)
        {
            throw new BundleException(
                $"{files.Describe(bake.File)}: '{name}' should lie at {range.Offset} to {range.Offset + range.Bytes}, the file has {model.Length} bytes."
            );
        }

        Span<byte> target = model.AsSpan((int)range.Offset, (int)range.Bytes);
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values.AsSpan()).CopyTo(target);
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(target[(i * sizeof(float))..], values[i]);
        }
    }

    private static string Json(string[] names)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (string name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static byte[] Metadata(string key, string value)
    {
        byte[] entry = [.. Field(KeyTag, Encoding.UTF8.GetBytes(key)), .. Field(ValueTag, Encoding.UTF8.GetBytes(value))];
        return Field(MetadataTag, entry);
    }

    private static byte[] Field(byte tag, byte[] content)
    {
        List<byte> bytes = [tag];
        uint length = (uint)content.Length;
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        bytes.Add((byte)length);
        bytes.AddRange(content);
        return [.. bytes];
    }
}
