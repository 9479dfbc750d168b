using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kindling.Bundles;

/// <summary>One entry of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type, as the format names it.</param>
/// <param name="Shape">Shape.</param>
/// <param name="Width">Bytes of a number.</param>
/// <param name="Write">Writes the numbers, little-endian.</param>
internal sealed record StoredBlock(string Name, string Type, IReadOnlyList<int> Shape, int Width, Action<Stream> Write)
{
    /// <summary>Name of the scales of an I8 tensor.</summary>
    public static string ScaleOf(string name) => $"{name}.int8.scale";

    /// <summary>Bytes of all numbers.</summary>
    public long Bytes => Shape.Aggregate((long)Width, (bytes, size) => bytes * size);

    /// <summary>What a tensor takes: one entry, or two where it has scales.</summary>
    public static IEnumerable<StoredBlock> Of(string name, FloatTensor tensor, TensorStorage storage)
    {
        switch (storage)
        {
            case TensorStorage.Float16:
                return [new(name, "F16", tensor.Shape, 2, stream => WriteValues(stream, StoredTensor.ToHalf(tensor.Values)))];
            case TensorStorage.Int8:
                (sbyte[] whole, float[] scales) = StoredTensor.ToWhole(tensor);
                return
                [
                    new(name, "I8", tensor.Shape, 1, stream => WriteValues(stream, whole)),
                    new(ScaleOf(name), "F32", [scales.Length], 4, stream => WriteValues(stream, scales)),
                ];
            default:
                return [new(name, "F32", tensor.Shape, 4, stream => WriteValues(stream, tensor.Values))];
        }
    }

    /// <summary>Reads numbers, little-endian.</summary>
    public static T[] ReadValues<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged
    {
        T[] values = MemoryMarshal.Cast<byte, T>(bytes).ToArray();
        Turn(values);
        return values;
    }

    private static void WriteValues<T>(Stream stream, T[] values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
        {
            values = [.. values];
            Turn(values);
        }

        // In pieces: the byte count of a large tensor does not fit a span.
        const int Piece = 1 << 20;
        for (int start = 0; start < values.Length; start += Piece)
        {
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan(start, Math.Min(Piece, values.Length - start))));
        }
    }

    // To or from the machine's own order of bytes.
    private static void Turn<T>(T[] values)
        where T : unmanaged
    {
        if (BitConverter.IsLittleEndian)
        {
            return;
        }

        switch (values)
        {
            case float[] singles:
                Span<uint> words = MemoryMarshal.Cast<float, uint>(singles.AsSpan());
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case Half[] halves:
                Span<ushort> pairs = MemoryMarshal.Cast<Half, ushort>(halves.AsSpan());
                BinaryPrimitives.ReverseEndianness(pairs, pairs);
                break;
            default:
                break;
        }
    }
}
