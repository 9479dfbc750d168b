using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class ImageDecodingTests
{
    private TestFiles _files = null!;

    [SetUp]
    public void Create() => _files = new TestFiles();

    [TearDown]
    public void Delete() => _files.Dispose();

    [Test]
    public void Decode_OfTruncatedPng_SaysSo()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        string path = _files.Write("a.png", png[..40]);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a PNG file that ends too early, after 40 bytes.");
    }

    [Test]
    public void Decode_OfDamagedPng_SaysSoAndNamesTheFile()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        Array.Fill(png, (byte)0xEE, 41, 8);
        string path = _files.Write("a.png", PngFile.Resealed(png));

        Assert.That(
            () => ImageFiles.Decode(path),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"'{path}' is a damaged PNG file and cannot be decoded")
        );
    }

    // The last byte of the data, of a checksum of their own that the decoder does not look at.
    [Test]
    public void Decode_OfPngWithAnotherByte_NamesTheChunk()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        png[^17] ^= 1;

        Assert.That(
            () => ImageFiles.Decode(_files.Write("a.png", png)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match(
                    "^'.*a\\.png' is a damaged PNG file: the checksum of the chunk at byte 33 is [0-9A-F]{8}, expected [0-9A-F]{8}\\.$"
                )
        );
    }

    [Test]
    public void Decode_OfTruncatedJpeg_SaysSo()
    {
        string path = _files.Write("a.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10]);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a JPEG file that ends too early, after 6 bytes.");
    }

    [Test]
    public void Decode_OfText_ShowsHowItStarts()
    {
        string path = _files.Write("a.png", "hello, world");

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is neither PNG nor JPEG: it starts with 68656C6C6F2C2077.");
    }

    [Test]
    public void Decode_OfHugeDeclaredSize_IsRefusedBeforeDecoding()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        png[16] = 0x7F;
        string path = _files.Write("a.png", png);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' declares 2130706434x2 pixels: expected between 1 and 67108864 in all.");
    }

    [Test]
    public void Decode_OfAChunkLongerThanTheFile_IsRefusedBeforeDecoding()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        // The length of IDAT, after signature and IHDR.
        png[33] = 0x40;
        string path = _files.Write("a.png", png);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a PNG file that ends too early, after {png.Length} bytes.");
    }

    [Test]
    public void Decode_OfDataTooFewForTheSize_IsRefusedBeforeDecoding()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        png[18] = png[22] = 0x10;
        string path = _files.Write("a.png", PngFile.Resealed(png));

        AssertRefused(
            () => ImageFiles.Decode(path),
            $"'{path}' is a damaged PNG file: {png.Length - 57} bytes of data cannot hold 4098x4098 pixels."
        );
    }

    [Test]
    public void Decode_OfDataThatInflateToMoreThanThePicture_IsRefusedBeforeDecoding()
    {
        byte[] png = TestFiles.Png(10_000, 10_000, new byte[100_000_000]);
        (png[18], png[19], png[22], png[23]) = (0, 2, 0, 2);
        string path = _files.Write("a.png", PngFile.Resealed(png));

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a damaged PNG file: its data inflate to more than 2x2 pixels.");
    }

    [Test]
    public void Decode_OfColourPng_KeepsItsPixels()
    {
        string path = _files.Write("a.png", TestFiles.Png(2, 1, 255, 0, 0, 0, 0, 255));
        ImageInput image = ImageFiles.Decode(path);
        byte[] rgba = new byte[8];
        image.CopyTo(rgba);

        Assert.That(rgba, Is.EqualTo(new byte[] { 255, 0, 0, 255, 0, 0, 255, 255 }));
        Assert.That(image.IsColour, Is.True);
    }

    [Test]
    public void Decode_OfJpeg_GivesItsPixels()
    {
        // DC difference 7, quantised by 16: every pixel is 128 + 7 * 16 / 8 = 142.
        string path = _files.Write("a.jpg", TestFiles.Jpeg());
        ImageInput image = ImageFiles.Decode(path);
        byte[] rgba = new byte[256];
        image.CopyTo(rgba);

        Assert.That((image.Width, image.Height, image.IsColour), Is.EqualTo((8, 8, false)));
        Assert.That(rgba.Where((_, i) => i % 4 != 3), Has.All.EqualTo((byte)142));
    }

    [Test]
    public void Decode_OfJpegWithoutItsEnd_SaysSo()
    {
        byte[] jpeg = TestFiles.Jpeg();
        string path = _files.Write("a.jpg", jpeg[..^2]);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a JPEG file that ends too early, after {jpeg.Length - 2} bytes.");
    }

    // A camera's file holds a small picture of itself, whose end is not that of the picture.
    [Test]
    public void Decode_OfJpegWithThumbnail_NeedsItsOwnEnd()
    {
        byte[] jpeg = TestFiles.Jpeg();
        byte[] both = [.. jpeg[..2], .. TestFiles.Segment(0xE1, jpeg), .. jpeg[2..]];
        string path = _files.Write("a.jpg", both);
        Assert.That(ImageFiles.Decode(path).Width, Is.EqualTo(8));

        _files.Write("a.jpg", both[..^2]);
        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a JPEG file that ends too early, after {both.Length - 2} bytes.");
    }

    // Telephones append a film to a picture.
    [Test]
    public void Decode_OfJpegWithMoreBehindItsEnd_ReadsThePicture()
    {
        byte[] jpeg = TestFiles.Jpeg();
        string path = _files.Write("a.jpg", [.. Enumerable.Repeat(jpeg, 101).SelectMany(bytes => bytes)]);

        Assert.That(ImageFiles.Decode(path).Width, Is.EqualTo(8));
    }

    // Found by fuzzing: the decoder worked through 28,672 lines for which there were no data.
    [TestCase(0, 17, 0x70, 0)]
    [TestCase(0x20, 0, 0x20, 0)]
    public void Decode_OfJpegTooShortForItsSize_IsRefusedBeforeDecoding(byte widthHigh, byte widthLow, byte heightHigh, byte heightLow)
    {
        byte[] jpeg = TestFiles.Jpeg();
        int frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        (jpeg[frame + 5], jpeg[frame + 6], jpeg[frame + 7], jpeg[frame + 8]) = (heightHigh, heightLow, widthHigh, widthLow);
        string path = _files.Write("a.jpg", jpeg);

        AssertRefused(
            () => ImageFiles.Decode(path),
            $"'{path}' is a damaged JPEG file: {jpeg.Length} bytes cannot hold {(widthHigh << 8) + widthLow}x{(heightHigh << 8) + heightLow} pixels."
        );
    }

    [Test]
    public void Decode_OfJpegWithManyScans_IsRefusedBeforeDecoding()
    {
        byte[] jpeg = TestFiles.Jpeg();
        int scan = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        byte[][] scans = [.. Enumerable.Repeat(jpeg[scan..^2], 65)];
        string path = _files.Write("a.jpg", [.. jpeg[..scan], .. scans.SelectMany(bytes => bytes), 0xFF, 0xD9]);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a JPEG file of 65 scans: at most 64 are accepted.");
    }

    [Test]
    public void Decode_OfPngWithAnotherFirstChunk_IsRefused()
    {
        byte[] png = TestFiles.Png(2, 2, 0, 64, 128, 255);
        "CgBI"u8.CopyTo(png.AsSpan(12));
        string path = _files.Write("a.png", png);

        AssertRefused(() => ImageFiles.Decode(path), $"'{path}' is a damaged PNG file: its first chunk is not IHDR.");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Decode_OfAnyDamage_DecodesOrIsRefusedByName(bool isPng)
    {
        byte[] whole = isPng ? TestFiles.Png(4, 4, [.. Enumerable.Range(0, 16).Select(i => (byte)(i * 16))]) : TestFiles.Jpeg();
        SeededRandom random = new(11);
        int refused = 0;
        for (int round = 0; round < 2_000; round++)
        {
            byte[] damaged = whole[..(round % 2 == 0 ? whole.Length : random.NextInt(whole.Length))];
            for (int i = 0; i < 1 + random.NextInt(3) && damaged.Length > 0; i++)
            {
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            }

            try
            {
                ImageFiles.Decode(PngFile.Resealed(damaged), "the picture");
            }
            catch (BundleException exception)
            {
                Assert.That(exception.Message, Does.StartWith("the picture "));
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(1_000));
    }

    private static void AssertRefused(Action action, string message) =>
        Assert.That(action, Throws.TypeOf<BundleException>().With.Message.EqualTo(message));
}
