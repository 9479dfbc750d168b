using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Adapt;

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

    internal static void Bake(BundleFiles files, Snapshot snapshot, string classesJson, string path)
    {
        ManifestBake bake =
            files.Manifest.Bake
            ?? throw new BundleException($"{files.Path}: the bundle brings no self-contained model (model.onnx), so nothing can be baked.");
        if (!files.Contains(bake.File))
        {
            throw new BundleException($"{files.Path}: the file '{bake.File}' is missing, so nothing can be baked.");
        }

        byte[] model = files.Read(bake.File);
        Overwrite(model, snapshot.Delta, bake, files);
        Overwrite(model, snapshot.Start.Frozen, bake, files);
        if (files.Manifest.IsClassification)
        {
            Overwrite(model, snapshot.Mask, bake, files);
        }

        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(model);
                if (snapshot.Heads.Classes.Length > 0)
                {
                    stream.Write(Metadata("kindling.classes", classesJson));
                }
            }
        );
    }

    private static void Overwrite(byte[] model, TensorSet set, ManifestBake bake, BundleFiles files)
    {
        foreach (TensorLayout.Entry entry in set.Layout.Entries)
        {
            ManifestBytes range = bake.Tensors[entry.Name];
            if (range.Offset > model.Length - range.Bytes)
            {
                throw new BundleException(
                    $"{files.Describe(bake.File)}: '{entry.Name}' should lie at {range.Offset} to {range.Offset + range.Bytes}, the file has {model.Length} bytes."
                );
            }

            Span<byte> target = model.AsSpan((int)range.Offset, (int)range.Bytes);
            Span<float> values = set[set.Layout.IndexOf(entry.Name)];
            if (BitConverter.IsLittleEndian)
            {
                MemoryMarshal.AsBytes(values).CopyTo(target);
                continue;
            }

            for (int i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(target[(i * sizeof(float))..], values[i]);
            }
        }
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
