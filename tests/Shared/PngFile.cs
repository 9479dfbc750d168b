using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Kindling.TestSupport;

/// <summary>Just enough of PNG to write test pictures.</summary>
internal static class PngFile
{
    /// <summary>An 8-bit PNG with 1 (grey), 3 or 4 bytes a pixel.</summary>
    public static byte[] Of(int width, int height, params byte[] pixels)
    {
        int components = pixels.Length / (width * height);
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels, y * width * components, width * components);
            }
        }

        return
        [
            0x89,
            .. "PNG\r\n"u8,
            0x1A,
            0x0A,
            .. Header(width, height, components),
            .. Chunk("IDAT", packed.ToArray()),
            .. Chunk("IEND", []),
        ];
    }

    /// <summary>A PNG, perhaps a damaged one, with the checksums of its chunks made right, so that readers look at the damage itself; anything else as it is.</summary>
    public static byte[] Resealed(byte[] file)
    {
        byte[] right = [.. file];
        bool isPng = right.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, .. "PNG"u8]);
        for (int at = 8; isPng && at + 12 <= right.Length; )
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(right.AsSpan(at));
            if (length < 0 || length > right.Length - at - 12)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(right.AsSpan(at + 8 + length), Crc32.HashToUInt32(right.AsSpan(at + 4, 4 + length)));
            at += 12 + length;
        }

        return right;
    }

    private static byte[] Header(int width, int height, int components)
    {
        byte type = components switch
        {
            1 => 0,
            3 => 2,
            _ => 6,
        };
        return Chunk("IHDR", [.. Big(width), .. Big(height), 8, type, 0, 0, 0]);
    }

    private static byte[] Chunk(string name, byte[] content)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(name), .. content];
        return [.. Big(content.Length), .. body, .. Big((int)Crc32.HashToUInt32(body))];
    }

    private static byte[] Big(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}
