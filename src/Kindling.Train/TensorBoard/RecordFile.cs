using System.Buffers.Binary;
using System.Numerics;
using Kindling.Bundles;

namespace Kindling.Train.TensorBoard;

/// <summary>
/// Records of a TFRecord file: length (uint64, little endian), masked CRC-32C of the length, the bytes, masked CRC-32C of the bytes.
/// </summary>
internal static class RecordFile
{
    private const int HeaderSize = sizeof(ulong) + sizeof(uint);
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>Appends a record.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> record)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], Checksum(header[..sizeof(ulong)]));
        stream.Write(header);
        stream.Write(record);
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, Checksum(record));
        stream.Write(footer);
    }

    /// <summary>Reads all records; a last one that a kill cut short does not count.</summary>
    /// <exception cref="BundleException">A checksum is wrong.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(string path)
    {
        ReadOnlyMemory<byte> rest = File.ReadAllBytes(path);
        List<ReadOnlyMemory<byte>> records = [];
        while (rest.Length >= HeaderSize)
        {
            Check(path, rest.Span[..sizeof(ulong)], rest.Span[sizeof(ulong)..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(rest.Span);
            if (length > (ulong)(rest.Length - HeaderSize) || (int)length > rest.Length - HeaderSize - sizeof(uint))
            {
                break;
            }

            ReadOnlyMemory<byte> record = rest.Slice(HeaderSize, (int)length);
            Check(path, record.Span, rest.Span[(HeaderSize + (int)length)..]);
            records.Add(record);
            rest = rest[(HeaderSize + (int)length + sizeof(uint))..];
        }

        return records;
    }

    private static void Check(string path, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> checksum)
    {
        (uint expected, uint got) = (BinaryPrimitives.ReadUInt32LittleEndian(checksum), Checksum(bytes));
        if (expected != got)
        {
            throw new BundleException(
                $"{path}: damaged events, expected checksum {expected:x8}, got {got:x8}. Remove the file, or write the events to another folder."
            );
        }
    }

    // CRC-32C (Castagnoli), then rotated and shifted, as the format wants it.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }
}
