using System.Buffers.Binary;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>Turns the format's tensors, in any of their encodings, into <see cref="Tensor"/>.</summary>
internal static class TensorReader
{
    /// <summary>The tensor, checked.</summary>
    /// <param name="proto">The tensor.</param>
    /// <param name="where">What the tensor is, for messages.</param>
    /// <param name="folder">The model's folder, or null if it did not come from a file.</param>
    public static Tensor Read(TensorProto proto, string where, string? folder)
    {
        ElementType type = Type(proto.DataType, where);
        if (proto.Segment is not null)
        {
            throw new GraphException($"{where}: tensors in segments are not supported.");
        }

        long count = Count(proto, where);
        long expected = count * type.Size();
        if (expected > int.MaxValue)
        {
            throw new GraphException($"{where}: {expected} bytes are more than the limit of {int.MaxValue}.");
        }

        byte[] bytes = proto.DataLocation switch
        {
            1 => ExternalData.Read(proto, where, folder, expected),
            0 => proto.HasRawData ? proto.RawData.ToByteArray() : Elements(proto, type, where),
            _ => throw new GraphException($"{where}: data location {proto.DataLocation} is not part of the format (0 or 1)."),
        };
        return bytes.Length == expected
            ? new Tensor(type, proto.Dims, bytes)
            : throw new GraphException(
                $"{where}: sizes [{string.Join(", ", proto.Dims)}] of {type} want {expected} bytes, got {bytes.Length}."
            );
    }

    /// <summary>The element type of that number.</summary>
    public static ElementType Type(int number, string where) =>
        Enum.IsDefined((ElementType)number)
            ? (ElementType)number
            : throw new GraphException($"{where}: element type {number} is not supported; supported are {SupportedTypes}.");

    private static string SupportedTypes => string.Join(", ", Enum.GetValues<ElementType>().Select(t => $"{(int)t} ({t})"));

    private static long Count(TensorProto proto, string where)
    {
        if (proto.Dims.Count > Shape.MaxRank)
        {
            throw new GraphException($"{where}: rank {proto.Dims.Count} is more than the limit of {Shape.MaxRank}.");
        }

        // A size of 0 makes the tensor empty, but may not hide that the other sizes are absurd.
        Int128 count = 1;
        foreach (long size in proto.Dims)
        {
            if (size < 0)
            {
                throw new GraphException($"{where}: a size can not be {size}.");
            }

            count *= Math.Max(size, 1);
            if (count > int.MaxValue)
            {
                throw new GraphException($"{where}: sizes [{string.Join(", ", proto.Dims)}] are more than {int.MaxValue} elements.");
            }
        }

        return proto.Dims.Contains(0) ? 0 : (long)count;
    }

    // The encodings other than raw data: each element type has its field; small types travel as 32-bit integers.
    private static byte[] Elements(TensorProto proto, ElementType type, string where)
    {
        int size = type.Size();
        int count = type switch
        {
            ElementType.Float => proto.FloatData.Count,
            ElementType.Double => proto.DoubleData.Count,
            ElementType.Int64 => proto.Int64Data.Count,
            _ => proto.Int32Data.Count,
        };
        byte[] bytes = new byte[checked(count * size)];
        for (int i = 0; i < count; i++)
        {
            Span<byte> at = bytes.AsSpan(i * size);
            switch (type)
            {
                case ElementType.Float:
                    BinaryPrimitives.WriteSingleLittleEndian(at, proto.FloatData[i]);
                    break;
                case ElementType.Double:
                    BinaryPrimitives.WriteDoubleLittleEndian(at, proto.DoubleData[i]);
                    break;
                case ElementType.Int64:
                    BinaryPrimitives.WriteInt64LittleEndian(at, proto.Int64Data[i]);
                    break;
                case ElementType.Int32:
                    BinaryPrimitives.WriteInt32LittleEndian(at, proto.Int32Data[i]);
                    break;
                case ElementType.Float16 when proto.Int32Data[i] is >= 0 and <= ushort.MaxValue:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)proto.Int32Data[i]);
                    break;
                case ElementType.Bool when proto.Int32Data[i] is 0 or 1:
                case ElementType.UInt8 when proto.Int32Data[i] is >= byte.MinValue and <= byte.MaxValue:
                case ElementType.Int8 when proto.Int32Data[i] is >= sbyte.MinValue and <= sbyte.MaxValue:
                    at[0] = unchecked((byte)proto.Int32Data[i]);
                    break;
                default:
                    throw new GraphException($"{where}: element {i} of {type} can not be {proto.Int32Data[i]}.");
            }
        }

        return bytes;
    }
}
