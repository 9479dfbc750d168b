using System.Text;
using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class TextFamilyTests
{
    private readonly TestFiles _files = new();

    [OneTimeTearDown]
    public void Delete() => _files.Dispose();

    [Test]
    public void Create_OfCsvAndOfFolder_IsTheSame()
    {
        StringBuilder csv = new("label,text\n");
        foreach (int c in Enumerable.Range(0, 9))
        {
            foreach (int i in Enumerable.Range(0, 3))
            {
                _ = csv.Append(System.Globalization.CultureInfo.InvariantCulture, $"class{c},\"text {i}, of {c}\"\n");
                _ = _files.Write($"folder/class{c}/{i}.txt", $"text {i}, of {c}\n");
            }
        }

        _ = _files.Write("texts.csv", csv.ToString());
        ClassFamily table = Create(
            new TaskSpec
            {
                Type = "texts",
                Source = "texts.csv",
                Ways = 3,
                Queries = 2,
            }
        );
        ClassFamily folder = Create(
            new TaskSpec
            {
                Type = "texts",
                Source = "folder",
                Ways = 3,
                Queries = 2,
            }
        );
        Assert.That(folder.DataHash, Is.EqualTo(table.DataHash));
        Assert.That(Enum.GetValues<Split>().Select(s => table.Classes(s).Count), Is.EqualTo(new[] { 3, 3, 3 }));
        Assert.That(table.InputShape, Is.EqualTo(new[] { TextPreprocessing.DefaultLength }));
        Assert.That(
            folder.Sample(Split.Test, new(3, 1, 2), new SeededRandom(1)).QueryX.Values,
            Is.EqualTo(table.Sample(Split.Test, new(3, 1, 2), new SeededRandom(1)).QueryX.Values)
        );
    }

    [TestCase("label,words\na,b\n", "expected a column 'text', the header has label, words.")]
    [TestCase("text,label\n ,b\n", "row 1, column 'text': expected a text, got nothing.")]
    [TestCase("text,label\nb, \n", "row 1, column 'label': expected a class name, got nothing.")]
    public void Create_OfFaultyCsv_SaysWhere(string csv, string message)
    {
        _ = _files.Write("faulty.csv", csv);
        Assert.That(
            () =>
                Create(
                    new TaskSpec
                    {
                        Type = "texts",
                        Source = "faulty.csv",
                        Ways = 2,
                    }
                ),
            Throws.TypeOf<BundleException>().With.Message.Contains(message)
        );
    }

    [Test]
    public void Create_OfFileThatIsNoUtf8_SaysWhere()
    {
        string path = _files.Write("bad/a/1.txt", [0x61, 0xFF]);
        Assert.That(
            () =>
                Create(
                    new TaskSpec
                    {
                        Type = "texts",
                        Source = "bad",
                        Ways = 2,
                    }
                ),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"'{path}': Expected UTF-8; byte 1 (0xFF)")
        );
    }

    // A class has one text of the words w0 w1 ... w9; of a training text words go missing in order, at least one stays, and of other splits none.
    [TestCase(TextUnits.Bytes)]
    [TestCase(TextUnits.Words)]
    public void Sample_WithDropWords_LeavesOutWordsOfTrainingTexts(TextUnits units)
    {
        string text = string.Join(' ', Enumerable.Range(0, 10).Select(i => $"w{i}"));
        TextClass[] classes = [.. "abcdef".Select(c => new TextClass($"{c}", [("", text), ("", text)]))];
        TaskSpec spec = new()
        {
            Type = "texts",
            DropWords = 0.5,
            Units = units,
            Length = 40,
        };
        TextPreprocessing preprocessing = TextFamily.PreprocessingOf(spec);
        ClassFamily family = TextFamily.Create("texts", [classes[..2], classes[2..4], classes[4..]], preprocessing, [], spec);
        float[] whole = preprocessing.Apply(text).Values;
        List<int> left = [];
        for (ulong i = 0; i < 50; i++)
        {
            float[] seen = family.Sample(Split.Train, new(2, 1, 1), new SeededRandom(i)).SupportX.Values[..whole.Length];
            int words = Enumerable.Range(1, 1023).First(set => seen.SequenceEqual(preprocessing.Apply(Words(set)).Values, new Trailing()));
            left.Add(int.PopCount(words));
        }

        Assert.That(left.Average(), Is.InRange(4.5, 6.0), "half, and one that always stays");
        Assert.That(family.Sample(Split.Test, new(2, 1, 1), new SeededRandom(1)).SupportX.Values[..whole.Length], Is.EqualTo(whole));
    }

    [Test]
    public void Create_OfClinc_HoldsWholeDomainsOut()
    {
        ClassFamily family = Create(
            new TaskSpec
            {
                Type = "clinc150",
                Ways = 5,
                Queries = 15,
                Within = "domain",
            },
            Data("clinc150")
        );
        Assert.That(Enum.GetValues<Split>().Select(s => family.Classes(s).Count), Is.EqualTo(new[] { 90, 30, 30 }));
        Assert.That(Enum.GetValues<Split>().Select(s => family.Joint(s).ItemCount), Is.EqualTo(new[] { 13500, 4500, 4500 }));
        Assert.That(family.Outside!.Shape, Is.EqualTo(new[] { 1000, TextPreprocessing.DefaultLength }));
        Assert.That(family.DataHash, Is.EqualTo("2afcab128ae5f370d24b10b2bc071c5566a010efbcd9db8baf4acf53a33e3acf"));
        Dictionary<string, string> domains = family.Classes(Split.Test).ToDictionary(c => c.Name, c => c.Group);
        for (ulong i = 0; i < 20; i++)
        {
            Episode episode = family.Sample(Split.Test, new(5, 1, 1), new SeededRandom(i));
            Assert.That(episode.Classes.Select(c => domains[c]).Distinct().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Create_OfBanking_SplitsIntentsInOrder()
    {
        ClassFamily family = Create(new TaskSpec { Type = "banking77", Ways = 5 }, Data("banking77"));
        Assert.That(Enum.GetValues<Split>().Select(s => family.Classes(s).Count), Is.EqualTo(new[] { 50, 12, 15 }));
        Assert.That(Enum.GetValues<Split>().Sum(s => family.Joint(s).ItemCount), Is.EqualTo(13083));
        Assert.That(family.Classes(Split.Train)[0].Name, Is.EqualTo("Refund_not_showing_up"));
        Assert.That(family.DataHash, Is.EqualTo("7699dbfb4449062b08a66a02bdb8cd9ac63dd8665c9fb3f26af1ea08a4e122dc"));
    }

    [Test]
    public void Create_OfMissingClinc_SaysWhatToDo() =>
        Assert.That(
            () => Create(new TaskSpec { Type = "clinc150", Ways = 5 }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"clinc150: '{Path.Combine(_files.Root, "clinc150", "domains.json")}' is not there. Run `make data`, or name the folder that holds the data sets with --data or KINDLING_DATA."
                )
        );

    [Test]
    public void Validate_OfTexts_ReportsAll() =>
        Assert.That(
            new TaskSpec
            {
                Type = "clinc150",
                Ways = 5,
                Within = "alphabet",
                Length = 0,
                Pieces = 3,
                DropWords = 1,
            }.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.within must be domain, got 'alphabet'.",
                    "tasks.length must be between 1 and 65536, got 0.",
                    "tasks.buckets, pieces and renamePieces are for words: tasks.units must be words.",
                    "tasks.dropWords must be at least 0 and below 1, got 1.",
                }
            )
        );

    private static string Words(int set) => string.Join(' ', Enumerable.Range(0, 10).Where(i => (set >> i & 1) == 1).Select(i => $"w{i}"));

    private ClassFamily Create(TaskSpec spec, string? root = null) => (ClassFamily)TaskFamilies.Create(spec, root ?? _files.Root);

    private static string Data(string set)
    {
        string? data = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(data) || !Directory.Exists(Path.Combine(data, set)))
        {
            Assert.Ignore($"KINDLING_DATA does not name a folder that holds {set}/.");
        }

        return data;
    }

    // The space behind the last word that stays is no word.
    private sealed class Trailing : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => x == y || (x == ' ' + 1 && y == 0);

        public int GetHashCode(float obj) => 0;
    }
}
