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
    public static byte[] Png(int width, int height, params byte[] pixels) => PngFile.Of(width, height, pixels);

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

    public static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, 0, (byte)(content.Length + 2), .. content];
}
