using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Kindling.Cli.Tests;

/// <summary>Just enough of two file formats to write test pictures.</summary>
internal static class PictureBytes
{
    /// <summary>An 8-bit PNG of 3 bytes a pixel.</summary>
    public static byte[] ColourPng(int width, int height, byte[] rgb)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(rgb, y * width * 3, width * 3);
            }
        }

        byte[] header = [.. Big(width), .. Big(height), 8, 2, 0, 0, 0];
        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", header), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>A baseline grey JPEG whose 8x8 blocks are flat: each takes the value at its middle.</summary>
    public static byte[] GreyJpeg(int width, int height, Func<int, int, byte> value)
    {
        // Quantisation 8 makes the only coefficient of a flat block its value - 128.
        byte[] quantisation = [0, .. Enumerable.Repeat((byte)8, 64)];
        byte[] frame = [8, .. Big(height)[2..], .. Big(width)[2..], 1, 1, 0x11, 0];
        // Nine codes of four bits for differences of 0 to 8 bits, and one of one bit that ends a block.
        byte[] lengthsDc = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] lengthsAc = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        StringBuilder bits = new();
        int before = 0;
        for (int y = 4; y < height; y += 8)
        {
            for (int x = 4; x < width; x += 8)
            {
                int level = value(x, y) - 128;
                int difference = level - before;
                int length = 32 - int.LeadingZeroCount(Math.Abs(difference));
                int code = difference < 0 ? difference + (1 << length) - 1 : difference;
                _ = bits.Append(length.ToString("b4"));
                _ = length > 0 ? bits.Append(code.ToString($"b{length}")) : bits;
                _ = bits.Append('0');
                before = level;
            }
        }

        return
        [
            0xFF,
            0xD8,
            .. Segment(0xDB, quantisation),
            .. Segment(0xC0, frame),
            .. Segment(0xC4, [0x00, .. lengthsDc, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
            .. Segment(0xC4, [0x10, .. lengthsAc, 0]),
            .. Segment(0xDA, [1, 1, 0x00, 0, 63, 0]),
            .. Stuffed(bits.ToString()),
            0xFF,
            0xD9,
        ];
    }

    private static IEnumerable<byte> Stuffed(string bits)
    {
        foreach (char[] chunk in bits.Chunk(8))
        {
            byte value = Convert.ToByte(new string(chunk).PadRight(8, '1'), 2);
            yield return value;
            if (value == 0xFF)
            {
                yield return 0;
            }
        }
    }

    private static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, .. Big(content.Length + 2)[2..], .. content];

    private static byte[] Chunk(string name, byte[] content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
        return [.. Big(content.Length), .. body, .. Big((int)Crc32.HashToUInt32(body))];
    }

    private static byte[] Big(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
