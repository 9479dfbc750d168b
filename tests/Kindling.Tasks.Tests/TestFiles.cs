using System.IO.Compression;

namespace Kindling.Tasks.Tests;

/// <summary>A folder for one test, and pictures to put into it.</summary>
internal sealed class TestFiles : IDisposable
{
    public TestFiles() => Root = Directory.CreateTempSubdirectory("kindling-tasks-").FullName;

    public string Root { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>An 8-bit PNG with 1 (grey), 3 or 4 bytes a pixel.</summary>
    public static byte[] Png(int width, int height, params byte[] pixels)
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

    /// <summary>A baseline grey JPEG of one 8x8 block: DC difference 7 quantised by 16, no AC.</summary>
    public static byte[] Jpeg()
    {
        byte[] oneCode = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        return
        [
            .. (byte[])[0xFF, 0xD8],
            .. Segment(0xDB, [0, .. Enumerable.Repeat((byte)16, 64)]),
            .. Segment(0xC0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
            .. Segment(0xC4, [0x00, .. oneCode, 3]),
            .. Segment(0xC4, [0x10, .. oneCode, 0]),
            .. Segment(0xDA, [1, 1, 0x00, 0, 63, 0]),
            // Code 0 (three bits follow), 111, code 0 (end of block), filled up with ones.
            .. (byte[])[0b0111_0111, 0xFF, 0xD9],
        ];
    }

    private static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, 0, (byte)(content.Length + 2), .. content];

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
        uint crc = uint.MaxValue;
        foreach (byte b in body)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return [.. Big(content.Length), .. body, .. Big((int)~crc)];
    }

    private static byte[] Big(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}
