using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class PreprocessingTests
{
    private const float Level = 1 / 255f;

    private static ImagePreprocessing Plain(int size, int channels = 1) =>
        new()
        {
            Width = size,
            Height = size,
            Channels = channels,
            Invert = ImageInversion.No,
            Contrast = ImageContrast.None,
        };

    private static ImagePreprocessing Ink(int size) => new() { Width = size, Height = size };

    [Test]
    public void Apply_OfColour_IsLumaOverWhite()
    {
        // Red: 0.299 * 255 = 76.2; half transparent black over white: (255 * 127) / 255 = 127; white stays.
        byte[] rgba = [255, 0, 0, 255, 0, 0, 0, 128, 255, 255, 255, 255, 0, 255, 0, 255];
        FloatTensor result = Plain(2).Apply(ImageInput.FromPixels(rgba, 2, 2));

        Assert.That(result.Shape, Is.EqualTo(new[] { 1, 2, 2 }));
        Assert.That(result.Values, Is.EqualTo(new[] { 76 * Level, 127 * Level, 1f, 150 * Level }).Within(1e-6));
    }

    [Test]
    public void Apply_WithThreeChannels_GivesPlanes()
    {
        FloatTensor result = Plain(1, 3).Apply(ImageInput.FromPixels([10, 20, 30, 255], 1, 1));

        Assert.That(result.Shape, Is.EqualTo(new[] { 3, 1, 1 }));
        Assert.That(result.Values, Is.EqualTo(new[] { 10 * Level, 20 * Level, 30 * Level }).Within(1e-6));
    }

    [Test]
    public void Apply_ToHalfTheSize_AveragesAreas()
    {
        byte[] grey = [0, 100, 200, 200, 100, 200, 200, 200, 0, 0, 255, 255, 0, 0, 255, 255];
        FloatTensor result = Plain(2).Apply(ImageInput.FromGrey(grey, 4, 4));

        Assert.That(result.Values, Is.EqualTo(new[] { 100 * Level, 200 * Level, 0f, 1f }).Within(1e-6));
    }

    [Test]
    public void Apply_ToTwoThirds_WeighsPartsOfPixels()
    {
        // Target pixel 0 covers source [0, 1.5): (30 + 60 / 2) / 1.5 = 40; pixel 1 covers [1.5, 3): (60 / 2 + 90) / 1.5 = 80.
        byte[] grey = [30, 60, 90, 30, 60, 90, 30, 60, 90];
        FloatTensor result = Plain(2).Apply(ImageInput.FromGrey(grey, 3, 3));

        Assert.That(result.Values, Is.EqualTo(new[] { 40 * Level, 80 * Level, 40 * Level, 80 * Level }).Within(1e-6));
    }

    [Test]
    public void Apply_ToTwiceTheSize_InterpolatesLinearly()
    {
        byte[] grey = [0, 200, 0, 200];
        FloatTensor result = Plain(4).Apply(ImageInput.FromGrey(grey, 2, 2));

        Assert.That(result.Values[..4], Is.EqualTo(new[] { 0f, 50 * Level, 150 * Level, 200 * Level }).Within(1e-6));
    }

    [Test]
    public void Apply_OfWidePicture_PadsWithTheGround()
    {
        // 4x2 on ground 40: one row of ground above, one below.
        byte[] grey = [40, 40, 40, 40, 40, 40, 200, 40];
        FloatTensor result = Plain(4).Apply(ImageInput.FromGrey(grey, 4, 2));

        float g = 40 * Level;
        Assert.That(result.Values, Is.EqualTo(new[] { g, g, g, g, g, g, g, g, g, g, 200 * Level, g, g, g, g, g }).Within(1e-6));
    }

    [Test]
    public void Apply_OfGreyPaperWithDarkInk_GivesInkOneOnGroundZero()
    {
        // Ground 120, ink 20, a lighter speck 130: 100 is the range, 60 lies at 0.6 of it.
        byte[] grey = [120, 120, 120, 120, 20, 60, 130, 120, 120];
        FloatTensor result = Ink(3).Apply(ImageInput.FromGrey(grey, 3, 3));

        Assert.That(result.Values, Is.EqualTo(new[] { 0, 0, 0, 0, 1f, 0.6f, 0, 0, 0 }).Within(1e-6));
    }

    [Test]
    public void Apply_OfBothPolarities_GivesTheSame()
    {
        byte[] dark = [0, 0, 0, 0, 0, 255, 90, 0, 0, 30, 0, 0, 0, 0, 0, 0];
        byte[] light = [.. dark.Select(p => (byte)(255 - p))];
        ImagePreprocessing preprocessing = Ink(4);

        Assert.That(
            preprocessing.Apply(ImageInput.FromGrey(light, 4, 4)).Values,
            Is.EqualTo(preprocessing.Apply(ImageInput.FromGrey(dark, 4, 4)).Values)
        );
    }

    [Test]
    public void Apply_OfTwoValuedPicture_IsTheIdentityButForPolarity()
    {
        byte[] grey = [255, 255, 255, 255, 0, 0, 255, 255, 255];
        FloatTensor result = Ink(3).Apply(ImageInput.FromGrey(grey, 3, 3));

        Assert.That(result.Values, Is.EqualTo(new float[] { 0, 0, 0, 0, 1, 1, 0, 0, 0 }));
    }

    [Test]
    public void Apply_OfBlankPicture_IsZero()
    {
        byte[] grey = [200, 201, 200, 199, 203, 200, 200, 200, 200];

        Assert.That(Ink(3).Apply(ImageInput.FromGrey(grey, 3, 3)).Values, Has.All.Zero);
    }

    [Test]
    public void Apply_OfOnePixel_Works()
    {
        Assert.That(Plain(3).Apply(ImageInput.FromGrey([51], 1, 1)).Values, Has.All.EqualTo(0.2f));
    }

    [Test]
    public void Apply_OfPictureAndItsTurn_GivesTheTurn()
    {
        // Training turns the prepared picture: that must be the same as preparing the turned one.
        SeededRandom random = new(3);
        byte[] grey = new byte[105 * 105];
        byte[] turned = new byte[grey.Length];
        for (int y = 1; y < 104; y++)
        {
            for (int x = 1; x < 104; x++)
            {
                grey[(y * 105) + x] = (byte)(random.NextInt(2) * 255);
            }
        }

        for (int i = 0; i < grey.Length; i++)
        {
            turned[i] = grey[((i % 105) * 105) + 104 - (i / 105)];
        }

        float[] a = Ink(28).Apply(ImageInput.FromGrey(grey, 105, 105)).Values;
        float[] b = Ink(28).Apply(ImageInput.FromGrey(turned, 105, 105)).Values;
        float[] expected = [.. Enumerable.Range(0, 784).Select(i => a[((i % 28) * 28) + 27 - (i / 28)])];

        Assert.That(b, Is.EqualTo(expected).Within(Level * 1.01f));
    }

    [Test]
    public void Describe_OfColourPictureOnLightGround_NamesEveryStep()
    {
        byte[] rgba = new byte[640 * 480 * 4];
        Array.Fill(rgba, (byte)240);
        for (int i = 3; i < rgba.Length; i += 4)
        {
            rgba[i] = 255;
        }

        (rgba[400_000], rgba[400_001], rgba[400_002]) = (10, 20, 30);

        Assert.That(
            Ink(28).Describe(ImageInput.FromPixels(rgba, 640, 480)),
            Is.EqualTo("640x480 colour -> grey, inverted (light ground), contrast stretched, padded to square, resized to 28x28")
        );
    }

    [Test]
    public void Describe_OfPicturesThatNeedLittle_NamesOnlyThat()
    {
        byte[] grey = [0, 0, 0, 0, 255, 0, 0, 0, 0];
        ImageInput image = ImageInput.FromGrey(grey, 3, 3);

        Assert.That(Ink(3).Describe(image), Is.EqualTo("3x3 grey -> not inverted (dark ground)"));
        Assert.That(Plain(2).Describe(image), Is.EqualTo("3x3 grey -> not inverted (as set), resized to 2x2"));
        Assert.That(Ink(3).WithInvert(ImageInversion.Yes).Describe(image), Is.EqualTo("3x3 grey -> inverted (as set), no ink found"));
    }

    [Test]
    public void FromPixels_OfWrongLength_SaysWhatIsNeeded()
    {
        Assert.That(
            () => ImageInput.FromPixels(new byte[10], 2, 2),
            Throws.ArgumentException.With.Message.EqualTo("A picture of 2x2 needs 16 bytes (4 a pixel), got 10. (Parameter 'rgba')")
        );
    }

    [Test]
    public void Validate_OfManyFaults_ReportsAll()
    {
        Preprocessing preprocessing = new()
        {
            Kind = "table",
            Image = new ImagePreprocessing { Width = 0, Channels = 3 },
            Table = new TablePreprocessing
            {
                Columns = ["x", "x"],
                Mean = [float.NaN],
                Scale = [1, 0],
            },
        };

        Assert.That(
            preprocessing.Validate(),
            Is.EqualTo(
                new[]
                {
                    "image must be absent when kind is 'table'.",
                    "image: width must be between 1 and 4096, got 0.",
                    "image: contrast 'ink' needs channels 1, got 3; use 'none'.",
                    "table: columns names 'x' 2 times.",
                    "table: mean must have 2 numbers, one a column, got 1.",
                    "table: mean must be finite.",
                    "table: scale must be finite and positive.",
                }
            )
        );
    }

    [Test]
    public void Serialize_OfImage_ReadsBackEqual()
    {
        Preprocessing preprocessing = Preprocessing.ForImage(new ImagePreprocessing { Width = 20, Invert = ImageInversion.Yes });
        string json = System.Text.Json.JsonSerializer.Serialize(preprocessing, System.Text.Json.JsonSerializerOptions.Web);

        Assert.That(json, Is.EqualTo("""{"kind":"image","width":20,"height":28,"channels":1,"invert":"yes","contrast":"ink"}"""));
        Preprocessing back = System.Text.Json.JsonSerializer.Deserialize<Preprocessing>(json, System.Text.Json.JsonSerializerOptions.Web)!;
        Assert.That(back.Image!.Invert, Is.EqualTo(ImageInversion.Yes));
        Assert.That(back.Image!.Width, Is.EqualTo(20));
    }

    [Test]
    public void Serialize_OfTableAndNone_ReadsBackEqual()
    {
        string table = System.Text.Json.JsonSerializer.Serialize(Preprocessing.ForTable(TablePreprocessing.Plain("a", "b")));

        Assert.That(table, Is.EqualTo("""{"kind":"table","columns":["a","b"],"mean":[0,0],"scale":[1,1]}"""));
        Assert.That(Read(table).Table!.Columns, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(System.Text.Json.JsonSerializer.Serialize(Preprocessing.None), Is.EqualTo("""{"kind":"none"}"""));
        Assert.That(Read("""{"kind":"none"}""").Validate(), Is.Empty);
    }

    [Test]
    public void Deserialize_OfSettingsInAnObjectOfTheirOwn_ReadsThem()
    {
        Preprocessing image = Read("""{"kind":"image","image":{"width":20,"invert":"no"}}""");
        Preprocessing table = Read("""{"table":{"columns":["a"],"mean":[1],"scale":[2]},"kind":"table"}""");

        Assert.That((image.Image!.Width, image.Image!.Invert), Is.EqualTo((20, ImageInversion.No)));
        Assert.That((table.Table!.Mean[0], table.Table!.Scale[0]), Is.EqualTo((1f, 2f)));
    }

    [TestCase("""{"width":20}""")]
    [TestCase("""{"kind":3}""")]
    [TestCase("""["image"]""")]
    public void Deserialize_WithoutKind_IsRefused(string json)
    {
        Assert.That(
            () => Read(json),
            Throws
                .TypeOf<System.Text.Json.JsonException>()
                .With.Message.StartsWith("Preprocessing must be an object with the kind image, table, text, audio, language or none.")
        );
    }

    [Test]
    public void Deserialize_OfUnknownKind_IsAFaultThatNamesIt()
    {
        Assert.That(
            Read("""{"kind":"sound"}""").Validate(),
            Is.EqualTo(new[] { "kind must be image, table, text, audio, language or none, got 'sound'." })
        );
    }

    private static Preprocessing Read(string json) => System.Text.Json.JsonSerializer.Deserialize<Preprocessing>(json)!;

    [Test]
    public void Apply_OfTableRow_Standardises()
    {
        TablePreprocessing table = new()
        {
            Columns = ["a", "b"],
            Mean = [1, -2],
            Scale = [2, 4],
        };
        float[] result = new float[2];
        table.Apply([5, 0], result);

        Assert.That(result, Is.EqualTo(new[] { 2f, 0.5f }));
    }
}
