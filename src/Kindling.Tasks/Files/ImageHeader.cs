using System.Buffers.Binary;
using System.IO.Compression;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>Looks at a PNG or JPEG file before it is decoded: signature, declared size, presence of the end mark.</summary>
internal static class ImageHeader
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The most that deflate makes of a byte.</summary>
    private const int MostOfAByte = 1032;

    /// <summary>Compressed data up to this size are harmless, whatever they inflate to.</summary>
    private const int Harmless = 1 << 16;

    /// <summary>Progressive pictures have some ten scans.</summary>
    private const int MostScans = 64;

    private static ReadOnlySpan<byte> JpegScan => [0xFF, 0xDA];

    private static ReadOnlySpan<byte> JpegEnd => [0xFF, 0xD9];

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
            RefuseData(name, width, height, PngData(content) ?? throw CutShort(name, "PNG", content.Length));
            return ("PNG", width, height);
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            (int width, int height) = JpegSize(content) ?? throw CutShort(name, "JPEG", content.Length);
            RefuseSize(name, width, height);
            RefuseScans(name, width, height, content);
            return content.LastIndexOf(JpegEnd) >= 0 ? ("JPEG", width, height) : throw CutShort(name, "JPEG", content.Length);
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
    private static byte[]? PngData(ReadOnlySpan<byte> content)
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
    private static void RefuseScans(string name, long width, long height, ReadOnlySpan<byte> content)
    {
        // Each block of 8 by 8 pixels takes at least a bit.
        long blocks = (width + 7) / 8 * ((height + 7) / 8);
        if (blocks > 8L * content.Length)
        {
            throw new BundleException($"{name} is a damaged JPEG file: {content.Length} bytes cannot hold {width}x{height} pixels.");
        }

        // In the data themselves no FF is followed by DA.
        int scans = content.Count(JpegScan);
        if (scans > MostScans)
        {
            throw new BundleException($"{name} is a JPEG file of {scans} scans: at most {MostScans} are accepted.");
        }
    }

    /// <summary>Walks the segments to the start of frame (C0 to CF without the tables C4, C8, CC).</summary>
    private static (int Width, int Height)? JpegSize(ReadOnlySpan<byte> content)
    {
        int position = 2;
        while (position + 9 <= content.Length)
        {
            // As the decoder does, skips what some writers leave between segments, and fill bytes.
            byte marker = content[position + 1];
            if (content[position] != 0xFF || marker == 0xFF)
            {
                position++;
                continue;
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return (
                    BinaryPrimitives.ReadUInt16BigEndian(content[(position + 7)..]),
                    BinaryPrimitives.ReadUInt16BigEndian(content[(position + 5)..])
                );
            }

            position += 2 + BinaryPrimitives.ReadUInt16BigEndian(content[(position + 2)..]);
        }

        return null;
    }
}
