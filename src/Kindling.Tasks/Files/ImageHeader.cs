using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>Looks at a PNG or JPEG file before it is decoded: signature, declared size, checksums (PNG), presence of the end mark.</summary>
internal static class ImageHeader
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The most that deflate makes of a byte.</summary>
    private const int MostOfAByte = 1032;

    /// <summary>Compressed data up to this size are harmless, whatever they inflate to.</summary>
    private const int Harmless = 1 << 16;

    /// <summary>Progressive pictures have some ten scans.</summary>
    private const int MostScans = 64;

    /// <summary>Returns "PNG" or "JPEG", and the size in pixels.</summary>
    /// <exception cref="BundleException">Another format, cut short, or too many pixels.</exception>
    public static (string Format, int Width, int Height) Check(ReadOnlySpan<byte> content, string name)
    {
        if (content.StartsWith(PngSignature))
        {
            // The decoder takes a private first chunk (CgBI) too, behind which a size could hide.
            if (content.Length >= 16 && !content[12..].StartsWith("IHDR"u8))
            {
                throw new BundleException($"{name} is a damaged PNG file: its first chunk is not IHDR.");
            }

            (int width, int height) = PngSize(content) ?? throw CutShort(name, "PNG", content.Length);
            RefuseSize(name, width, height);
            RefuseData(name, width, height, PngData(name, content) ?? throw CutShort(name, "PNG", content.Length));
            return ("PNG", width, height);
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            (int width, int height, int scans, int length) = JpegPicture(content) ?? throw CutShort(name, "JPEG", content.Length);
            RefuseSize(name, width, height);
            RefuseScans(name, width, height, scans, length);
            return ("JPEG", width, height);
        }

        throw new BundleException(
            content.IsEmpty
                ? $"{name} is empty: expected a PNG or JPEG picture."
                : $"{name} is neither PNG nor JPEG: it starts with {Convert.ToHexString(content[..Math.Min(8, content.Length)])}."
        );
    }

    private static BundleException CutShort(string name, string format, int length) =>
        new($"{name} is a {format} file that ends too early, after {length} bytes.");

    private static void RefuseSize(string name, long width, long height)
    {
        if (width <= 0 || height <= 0 || width * height > ImageInput.MaximumPixels)
        {
            throw new BundleException(
                $"{name} declares {width}x{height} pixels: expected between 1 and {ImageInput.MaximumPixels} in all."
            );
        }
    }

    private static (int Width, int Height)? PngSize(ReadOnlySpan<byte> content) =>
        content.Length < 24
            ? null
            : (BinaryPrimitives.ReadInt32BigEndian(content[16..]), BinaryPrimitives.ReadInt32BigEndian(content[20..]));

    /// <summary>
    /// The compressed data of a PNG file, put together; null where a chunk or the end is missing. The decoder makes room for what a chunk says of its length
    /// before it looks whether that much is there.
    /// </summary>
    private static byte[]? PngData(string name, ReadOnlySpan<byte> content)
    {
        // Each chunk: length, type, data, checksum.
        const int Around = 12;
        using MemoryStream data = new();
        for (long position = PngSignature.Length; position + Around <= content.Length; )
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(content[(int)position..]);
            if (length < 0 || position + Around + length > content.Length)
            {
                return null;
            }

            uint sum = Crc32.HashToUInt32(content.Slice((int)position + 4, 4 + length));
            uint stored = BinaryPrimitives.ReadUInt32BigEndian(content[((int)position + 8 + length)..]);
            if (sum != stored)
            {
                throw new BundleException(
                    $"{name} is a damaged PNG file: the checksum of the chunk at byte {position} is {sum:X8}, expected {stored:X8}."
                );
            }

            ReadOnlySpan<byte> type = content.Slice((int)position + 4, 4);
            if (type.SequenceEqual("IEND"u8))
            {
                return data.ToArray();
            }

            if (type.SequenceEqual("IDAT"u8))
            {
                data.Write(content.Slice((int)position + 8, length));
            }

            position += Around + length;
        }

        return null;
    }

    /// <summary>Refuses data that cannot be a picture of this size: too few to inflate to it, or far more than it has room for.</summary>
    private static void RefuseData(string name, long width, long height, byte[] data)
    {
        // At least a bit a pixel; at most four channels of 16 bits, and a byte a row, of which interlacing makes up to twice as many.
        long least = width * height / 8;
        long most = (width * height * 8) + (2 * height) + Harmless;
        if (least > (long)data.Length * MostOfAByte)
        {
            throw new BundleException($"{name} is a damaged PNG file: {data.Length} bytes of data cannot hold {width}x{height} pixels.");
        }

        if (data.Length <= Harmless)
        {
            return;
        }

        try
        {
            using ZLibStream inflated = new(new MemoryStream(data), CompressionMode.Decompress);
            byte[] piece = new byte[Harmless];
            for (int read; (read = inflated.Read(piece)) > 0; )
            {
                most -= read;
                if (most < 0)
                {
                    throw new BundleException($"{name} is a damaged PNG file: its data inflate to more than {width}x{height} pixels.");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new BundleException($"{name} is a damaged PNG file: its data cannot be inflated ({e.Message})", e);
        }
    }

    /// <summary>Refuses what keeps the decoder busy for nothing: where data end it goes on with zeros, over all blocks and once more for each scan.</summary>
    private static void RefuseScans(string name, long width, long height, int scans, int length)
    {
        // Each block of 8 by 8 pixels takes at least a bit.
        long blocks = (width + 7) / 8 * ((height + 7) / 8);
        if (blocks > 8L * length)
        {
            throw new BundleException($"{name} is a damaged JPEG file: {length} bytes cannot hold {width}x{height} pixels.");
        }

        if (scans > MostScans)
        {
            throw new BundleException($"{name} is a JPEG file of {scans} scans: at most {MostScans} are accepted.");
        }
    }

    /// <summary>
    /// Walks a JPEG file from segment to segment: the size that its start of frame declares, its scans, and the bytes to its end mark; null where either mark is
    /// missing. Thumbnails within segments, and what cameras append behind the end, are no part of the picture.
    /// </summary>
    private static (int Width, int Height, int Scans, int Length)? JpegPicture(ReadOnlySpan<byte> content)
    {
        (int Width, int Height)? size = null;
        int scans = 0;
        for (int position = 2; position + 2 <= content.Length; )
        {
            // As the decoder does, skips what some writers leave between segments, and fill bytes; and so the data of a scan.
            byte marker = content[position + 1];
            if (content[position] != 0xFF || marker == 0xFF)
            {
                position++;
                continue;
            }

            // FF as data, TEM, restart and start: marks without a length.
            position += 2;
            if (marker is <= 0x01 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            if (marker == 0xD9)
            {
                return size is { } found ? (found.Width, found.Height, scans, position) : null;
            }

            // Start of frame: C0 to CF without the tables C4, C8, CC.
            bool isFrame = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (position + (isFrame ? 7 : 2) > content.Length)
            {
                return null;
            }

            if (isFrame)
            {
                size ??= (
                    BinaryPrimitives.ReadUInt16BigEndian(content[(position + 5)..]),
                    BinaryPrimitives.ReadUInt16BigEndian(content[(position + 3)..])
                );
            }

            scans += marker == 0xDA ? 1 : 0;
            position += BinaryPrimitives.ReadUInt16BigEndian(content[position..]);
        }

        return null;
    }
}
