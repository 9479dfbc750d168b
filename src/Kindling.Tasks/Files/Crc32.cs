namespace Kindling.Tasks.Files;

/// <summary>The checksum of PNG chunks and of zip entries: CRC-32 of ISO 3309, bits in reverse.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = (crc >> 8) ^ Table[(byte)crc ^ b];
        }

        return ~crc;
    }

    private static uint Entry(int number)
    {
        uint crc = (uint)number;
        for (int bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
        }

        return crc;
    }
}
