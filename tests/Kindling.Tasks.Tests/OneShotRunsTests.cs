using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class OneShotRunsTests
{
    private static readonly TaskSpec Omniglot = new() { Type = "omniglot" };
    private static readonly ImagePreprocessing Plain = new() { Width = 8, Height = 8 };
    private readonly TemporaryFolder data = new();

    private static IEnumerable<TestCaseData> Damages()
    {
        const string Lines =
            ", run07/class_labels.txt: expected lines run07/test/itemNN.png run07/training/classNN.png, each of 20 items and 20 classes once, got '{0}'.";
        yield return Damage("run07/class_labels.txt", _ => null, " holds no 'run07/class_labels.txt'.");
        yield return Damage("run20/test/item03.png", _ => null, " holds no 'run20/test/item03.png'.");
        yield return Damage("run01/training/class20.png", _ => null, " holds no 'run01/training/class20.png'.");
        yield return Damage("run07/class_labels.txt", t => t[..^49], ", run07/class_labels.txt: expected 20 lines, got 19.");
        yield return Damage("run07/class_labels.txt", t => t + "item01.png", string.Format(Lines, "item01.png"));
        yield return Damage(
            "run07/class_labels.txt",
            t => t.Replace("class03", "class04"),
            string.Format(Lines, "run07/test/item18.png run07/training/class04.png")
        );
        yield return Damage(
            "run07/class_labels.txt",
            t => t.Replace("item03", "item02"),
            string.Format(Lines, "run07/test/item02.png run07/training/class18.png")
        );
        yield return Damage(
            "run07/class_labels.txt",
            t => t.Replace("run07/training/class20", "run08/training/class20"),
            string.Format(Lines, "run07/test/item01.png run08/training/class20.png")
        );
        yield return Damage(
            "run07/test/item02.png",
            _ => "no picture",
            ": run07/test/item02.png is neither PNG nor JPEG: it starts with 6E6F207069637475."
        );
        yield return Damage(
            "run07/test/item02.png",
            _ => new string('x', (1 << 20) + 1),
            ": 'run07/test/item02.png' unpacks to 1048577 bytes, more than the 1048576 that are accepted."
        );
    }

    [OneTimeSetUp]
    public void Create() => Directory.CreateDirectory(data["omniglot"]);

    [OneTimeTearDown]
    public void Delete() => data.Dispose();

    [Test]
    public void Read_Runs_HasTheItemOfEachClass()
    {
        _ = TinyOmniglot.WriteRuns(data["omniglot"]);
        IReadOnlyList<Episode> runs = OneShotRuns.Read(Omniglot, data.Path, Plain);

        Assert.That(runs, Has.Count.EqualTo(20));
        foreach (Episode run in runs)
        {
            Assert.That(run.SupportX.Shape, Is.EqualTo(new[] { 20, 1, 8, 8 }));
            Assert.That(run.SupportY.Values, Is.EqualTo(Enumerable.Range(0, 20)));
            Assert.That(run.QueryY.Values, Is.EqualTo(run.SupportY.Values));

            // Two drawings of a character differ in two of 64 pixels.
            for (int c = 0; c < 20; c++)
            {
                int differ = Enumerable.Range(c * 64, 64).Count(i => run.SupportX.Values[i] != run.QueryX.Values[i]);
                Assert.That(differ, Is.EqualTo(2), $"{run.Classes[c]}");
            }
        }
    }

    [TestCaseSource(nameof(Damages))]
    public void Read_DamagedRuns_SaysWhatIsWrong(string entry, Func<string, string?> change, string message)
    {
        string path = TinyOmniglot.WriteRuns(
            data["omniglot"],
            (name, content) =>
                name != entry ? content
                : change(System.Text.Encoding.Latin1.GetString(content)) is { } text ? System.Text.Encoding.Latin1.GetBytes(text)
                : null
        );
        Assert.That(
            () => OneShotRuns.Read(Omniglot, data.Path, Plain),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{path}'{message}")
        );
    }

    [Test]
    public void Read_NoZip_SaysSo()
    {
        string path = Path.Combine(data["omniglot"], "one_shot_all_runs.zip");
        File.WriteAllText(path, "no zip");
        Assert.That(
            () => OneShotRuns.Read(Omniglot, data.Path, Plain),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"'{path}' is not a readable zip file: ")
        );
        File.Delete(path);
        Assert.That(
            () => OneShotRuns.Read(Omniglot, data.Path, Plain),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"omniglot: '{path}' is not there. Run `make data`, or name the folder that holds the data sets with --data or KINDLING_DATA."
                )
        );
    }

    // The baseline that comes with the runs: the nearest drawing by modified Hausdorff distance between ink pixels (Dubuisson and Jain 1994), which errs in
    // 38.8 % of the trials as published.
    [Test]
    public void Read_SharedRuns_GivesTheirPublishedBaseline()
    {
        string? root = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(root) || !File.Exists(Path.Combine(root, "omniglot", "one_shot_all_runs.zip")))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds omniglot/one_shot_all_runs.zip.");
        }

        ImagePreprocessing whole = new() { Width = 105, Height = 105 };
        int wrong = 0;
        _ = Parallel.ForEach(
            OneShotRuns.Read(Omniglot, root, whole),
            run =>
            {
                (float X, float Y)[][] classes = Ink(run.SupportX);
                foreach ((int label, (float, float)[] item) in Ink(run.QueryX).Index())
                {
                    int nearest = Enumerable.Range(0, 20).MinBy(c => Math.Max(Distance(item, classes[c]), Distance(classes[c], item)));
                    _ = Interlocked.Add(ref wrong, nearest == label ? 0 : 1);
                }
            }
        );

        Assert.That(wrong, Is.EqualTo(155));
    }

    /// <summary>Ink pixels of each picture, their mean at 0.</summary>
    private static (float X, float Y)[][] Ink(FloatTensor pictures) =>
        [
            .. pictures
                .Values.Chunk(105 * 105)
                .Select(picture =>
                {
                    (float X, float Y)[] ink =
                    [
                        .. picture.Index().Where(p => p.Item > 0.5f).Select(p => ((float)(p.Index % 105), (float)(p.Index / 105))),
                    ];
                    (float x, float y) = (ink.Average(p => p.X), ink.Average(p => p.Y));
                    return ink.Select(p => (p.X - x, p.Y - y)).ToArray();
                }),
        ];

    private static double Distance((float X, float Y)[] from, (float X, float Y)[] to)
    {
        double sum = 0;
        foreach ((float x, float y) in from)
        {
            float least = float.MaxValue;
            foreach ((float u, float v) in to)
            {
                least = Math.Min(least, ((x - u) * (x - u)) + ((y - v) * (y - v)));
            }

            sum += Math.Sqrt(least);
        }

        return sum / from.Length;
    }

    private static TestCaseData Damage(string entry, Func<string, string?> change, string message) =>
        new TestCaseData(entry, change, message).SetArgDisplayNames(entry, message);
}
