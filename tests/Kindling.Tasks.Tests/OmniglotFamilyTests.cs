using System.Diagnostics;
using System.IO.Compression;
using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class OmniglotFamilyTests
{
    private static readonly TaskSpec Spec = new()
    {
        Type = "omniglot",
        Ways = 5,
        Shots = 1,
        Queries = 1,
    };

    private ClassFamily _family = null!;

    [OneTimeSetUp]
    public void Load()
    {
        string? root = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(root) || !File.Exists(Path.Combine(root, "omniglot", "images_background.zip")))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds omniglot/.");
        }

        Stopwatch watch = Stopwatch.StartNew();
        _family = (ClassFamily)TaskFamilies.Create(Spec, root);
        TestContext.Out.WriteLine($"loaded in {watch.ElapsedMilliseconds} ms");
    }

    [TestCase(Split.Train, 1028)]
    [TestCase(Split.Validation, 172)]
    [TestCase(Split.Test, 423)]
    public void Classes_OfSplit_AreItsCharactersInFourRotations(Split split, int characters)
    {
        Assert.That(_family.Classes(split), Has.Count.EqualTo(characters * 4));
        Assert.That(_family.Classes(split).All(c => c.Count == 20), Is.True);
        Assert.That(_family.Joint(split).ClassCount, Is.EqualTo(characters * 4));
        Assert.That(_family.Joint(split).ItemCount, Is.EqualTo(characters * 80));
    }

    [Test]
    public void Classes_OfTwoSplits_ShareNoCharacter()
    {
        HashSet<string>[] names =
        [
            .. Enum.GetValues<Split>().Select(s => _family.Classes(s).Select(c => c.Name[..c.Name.LastIndexOf('/')]).ToHashSet()),
        ];

        Assert.That(names[0].Intersect(names[1]), Is.Empty);
        Assert.That(names[0].Intersect(names[2]), Is.Empty);
        Assert.That(names[1].Intersect(names[2]), Is.Empty);
    }

    [Test]
    public void Sample_FiveWays_GivesInkOnDarkGround()
    {
        Episode episode = _family.Sample(Split.Test, new EpisodeShape(5, 1, 3), new SeededRandom(1));

        Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 5, 1, 28, 28 }));
        Assert.That(episode.QueryX.Shape, Is.EqualTo(new[] { 15, 1, 28, 28 }));
        Assert.That(episode.QueryY.Values, Is.EqualTo(new float[] { 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4 }));
        Assert.That(episode.SupportX.Values.Average(), Is.InRange(0.03f, 0.2f));
        Assert.That(episode.SupportX.Values.Max(), Is.GreaterThan(0.9f));
        Assert.That(episode.Classes.Distinct().Count(), Is.EqualTo(5));
    }

    [Test]
    public void Sample_ThirtyTwoEpisodes_TakesWellBelowAMillisecondEach()
    {
        EpisodeShape shape = new(5, 1, 1);
        Stopwatch watch = new();
        double best = double.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            watch.Restart();
            for (ulong i = 0; i < 32; i++)
            {
                _family.Sample(Split.Train, shape, new SeededRandom(7, (ulong)round, i));
            }

            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
        }

        TestContext.Out.WriteLine($"32 episodes of 5-way 1-shot in {best:F3} ms");
        Assert.That(best / 32, Is.LessThan(1));
    }

    [Test]
    public void Fill_OfRotatedClass_TurnsThePictureCounterClockwise()
    {
        JointData joint = _family.Joint(Split.Validation);
        float[] upright = new float[784];
        float[] turned = new float[784];
        joint.Fill(0, upright);
        joint.Fill(20, turned);

        Assert.That(_family.Classes(Split.Validation)[0].Name, Is.EqualTo("Hebrew/character01/rot000"));
        Assert.That(_family.Classes(Split.Validation)[1].Name, Is.EqualTo("Hebrew/character01/rot090"));

        // Counter-clockwise: the last column, from the top down, becomes the first row.
        float[] expected = [.. Enumerable.Range(0, 784).Select(i => upright[((i % 28) * 28) + 27 - (i / 28)])];
        Assert.That(turned, Is.EqualTo(expected));
        Assert.That(turned, Is.Not.EqualTo(upright));
    }

    [Test]
    public void Apply_WithPolarityDecidedFromTheBorder_GivesWhatTrainingSaw()
    {
        // Every drawing of one evaluation alphabet, through the app's settings (auto) and through training's (inverted).
        string archive = Path.Combine(Environment.GetEnvironmentVariable(DataRoot.EnvironmentName)!, "omniglot", "images_evaluation.zip");
        ImagePreprocessing auto = _family.Preprocessing.Image!;
        ImagePreprocessing inverted = auto.WithInvert(ImageInversion.Yes);
        using ZipArchive zip = ZipFile.OpenRead(archive);
        int compared = 0;
        foreach (ZipArchiveEntry entry in zip.Entries.Where(e => e.FullName.Contains("/Angelic/") && e.Length > 0))
        {
            using MemoryStream content = new();
            using (Stream stream = entry.Open())
            {
                stream.CopyTo(content);
            }

            ImageInput image = ImageFiles.Decode(content.ToArray(), entry.FullName);
            Assert.That(auto.Apply(image).Values, Is.EqualTo(inverted.Apply(image).Values), entry.FullName);
            compared++;
        }

        Assert.That(compared, Is.EqualTo(400));
    }

    [Test]
    public void Preprocessing_OfTheFamily_DecidesPolarityForEachPicture()
    {
        Assert.That(_family.Preprocessing.Image!.Invert, Is.EqualTo(ImageInversion.Auto));
    }

    [Test]
    public void DataHash_OfTheSharedData_IsTheKnownOne()
    {
        Assert.That(_family.DataHash, Is.EqualTo("117f5224edbab8c06532af998b8220707a940fa4f77e39708efc9808b3d23716"));
    }
}
