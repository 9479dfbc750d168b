using System.IO.Compression;
using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class ImagesTests
{
    private TestFiles _files = null!;

    [SetUp]
    public void Create() => _files = new TestFiles();

    [TearDown]
    public void Delete() => _files.Dispose();

    [Test]
    public void Read_OfAnotherByteInAZipFile_NamesTheEntry()
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = zip.CreateEntry("one.txt", CompressionLevel.NoCompression).Open();
            entry.Write("a drawing"u8);
        }

        byte[] bytes = stream.ToArray();
        bytes[bytes.AsSpan().IndexOf("drawing"u8)] = (byte)'b';
        string path = _files.Write("a.zip", bytes);
        using PictureArchive archive = PictureArchive.Open(path);

        Assert.That(
            () => archive.Read("one.txt"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match("^'.*a\\.zip': 'one\\.txt' is damaged: its checksum is [0-9A-F]{8}, expected [0-9A-F]{8}\\.$")
        );
    }

    [Test]
    public void Create_WithValidationFraction_DealsThatShareTwice()
    {
        WriteClasses(10, 3);
        TaskSpec spec = new()
        {
            Type = "images",
            Ways = 2,
            Shots = 2,
            Queries = 1,
            Source = "set",
            Size = 4,
            ValidationFraction = 0.3,
        };
        ClassFamily family = (ClassFamily)TaskFamilies.Create(spec, _files.Root);

        Assert.That(Enum.GetValues<Split>().Select(s => family.Classes(s).Count), Is.EqualTo(new[] { 4, 3, 3 }));
    }

    [Test]
    public void Read_OfEmptyFolder_SaysWhatIsExpected()
    {
        AssertRefused(
            () => ClassFolder.OfPictures(_files.Root),
            $"'{_files.Root}' holds no class folders: expected one folder of PNG or JPEG pictures for each class."
        );
    }

    [Test]
    public void Read_OfEmptyClassFolder_NamesIt()
    {
        _files.Write("a/readme.txt", "no picture");

        AssertRefused(
            () => ClassFolder.OfPictures(_files.Root),
            $"Class folder '{Path.Combine(_files.Root, "a")}' holds no pictures: expected at least one PNG or JPEG file."
        );
    }

    [Test]
    public void Read_OfMissingFolder_SaysWhatIsExpected()
    {
        string path = Path.Combine(_files.Root, "none");

        AssertRefused(
            () => ClassFolder.OfPictures(path),
            $"'{path}' is not a folder: expected a folder that holds one folder of pictures for each class."
        );
    }

    [Test]
    public void Read_OfClassFolders_OrdersClassesAndFilesOrdinally()
    {
        foreach (string name in (string[])["b/2.PNG", "b/10.png", "b/._2.png", "B/1.jpeg", ".hidden/1.png"])
        {
            _files.Write(name, TestFiles.Png(1, 1, 0));
        }

        ClassFolder folder = ClassFolder.OfPictures(_files.Root);

        Assert.That(folder.Classes.Select(c => c.Name), Is.EqualTo(new[] { "B", "b" }));
        Assert.That(folder.Classes[1].Files.Select(Path.GetFileName), Is.EqualTo(new[] { "10.png", "2.PNG" }));
    }

    [Test]
    public void Create_OfClassWithTooFewPictures_NamesFolderFoundAndNeeded()
    {
        WriteClasses(6, 3);
        File.Delete(Path.Combine(_files.Root, "set", "c4", "2.png"));
        string folder = Path.Combine(_files.Root, "set", "c4");

        AssertRefused(
            () => TaskFamilies.Create(Spec(2), _files.Root),
            $"images: class folder '{folder}' holds 2 pictures, but an episode needs 3 of each class (2 support, 1 query)."
        );
    }

    [Test]
    public void Create_OfTooFewClasses_SaysHowManyAreNeeded()
    {
        WriteClasses(5, 3);
        string folder = Path.Combine(_files.Root, "set");

        AssertRefused(
            () => TaskFamilies.Create(Spec(2), _files.Root),
            $"images: '{folder}' holds 5 classes, but at least 6 are needed: 2 for training, 2 for validation, 2 for test."
        );
    }

    [Test]
    public void Create_OfMissingSource_SaysWhereItWasLookedFor()
    {
        AssertRefused(
            () => TaskFamilies.Create(Spec(2), _files.Root),
            $"images: neither '{Path.Combine(_files.Root, "set")}' nor 'set' is there. Correct tasks.source in the recipe, or name the "
                + "folder that holds it with --data or KINDLING_DATA."
        );
    }

    [Test]
    public void Create_OfDamagedPicture_NamesTheFile()
    {
        WriteClasses(6, 3);
        string path = _files.Write("set/c3/1.png", []);

        AssertRefused(() => TaskFamilies.Create(Spec(2), _files.Root), $"'{path}' is empty: expected a PNG or JPEG picture.");
    }

    [Test]
    public void Sample_OfClassFolders_DrawsFromDisjointSplits()
    {
        WriteClasses(9, 3);
        ClassFamily family = (ClassFamily)TaskFamilies.Create(Spec(2), _files.Root);
        string[][] names = [.. Enum.GetValues<Split>().Select(s => family.Classes(s).Select(c => c.Name).ToArray())];
        Episode episode = family.Sample(Split.Train, new EpisodeShape(3, 2, 1), new SeededRandom(1));

        Assert.That(names.Select(n => n.Length), Is.EqualTo(new[] { 5, 2, 2 }));
        Assert.That(names.SelectMany(n => n).Distinct().Count(), Is.EqualTo(9));
        Assert.That(names[0], Is.SupersetOf(episode.Classes));
        Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 6, 1, 4, 4 }));
    }

    [Test]
    public void OfSource_OfClassFolders_MakesAllClassesTestClasses()
    {
        WriteClasses(3, 4);
        ImagePreprocessing preprocessing = new() { Width = 6, Height = 6 };
        ClassFamily family = (ClassFamily)
            TaskFamilies.OfSource(Path.Combine(_files.Root, "set"), Preprocessing.ForImage(preprocessing), classification: true);
        Episode episode = family.Sample(Split.Test, new EpisodeShape(3, 2, 2), new SeededRandom(1));

        Assert.That(Enum.GetValues<Split>().Select(s => family.Classes(s).Count), Is.EqualTo(new[] { 0, 0, 3 }));
        Assert.That(episode.Classes, Is.EquivalentTo(new[] { "c0", "c1", "c2" }));
        Assert.That(episode.QueryX.Shape, Is.EqualTo(new[] { 6, 1, 6, 6 }));
        AssertRefused(
            () => family.Sample(Split.Test, new EpisodeShape(4, 1, 1), new SeededRandom(1)),
            "images: the test split has 3 classes, but an episode needs 4."
        );
    }

    [Test]
    public void OfSource_ForAModelOfTensors_IsRefused() =>
        AssertRefused(
            () => TaskFamilies.OfSource("set", Preprocessing.None, classification: true),
            "'set' cannot be read for this model: it takes neither pictures nor tables nor texts nor recordings."
        );

    private static TaskSpec Spec(int ways) =>
        new()
        {
            Type = "images",
            Ways = ways,
            Shots = 2,
            Queries = 1,
            Source = "set",
            Size = 4,
        };

    private void WriteClasses(int classes, int each)
    {
        for (int c = 0; c < classes; c++)
        {
            for (int i = 0; i < each; i++)
            {
                byte[] pixels = new byte[16];
                Array.Fill(pixels, (byte)255);
                pixels[5 + (c % 2) + (4 * (i % 2))] = 0;
                _files.Write($"set/c{c}/{i}.png", TestFiles.Png(4, 4, pixels));
            }
        }
    }

    private static void AssertRefused(Action action, string message) =>
        Assert.That(action, Throws.TypeOf<BundleException>().With.Message.EqualTo(message));
}
