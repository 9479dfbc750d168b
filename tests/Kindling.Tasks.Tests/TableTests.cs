using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class TableTests
{
    private TestFiles _files = null!;

    [SetUp]
    public void Create() => _files = new TestFiles();

    [TearDown]
    public void Delete() => _files.Dispose();

    // 1. form   2. header   3. cells
    [TestCase("", "is empty: expected a header.", TestName = "Read_OfEmptyFile_SaysSo")]
    [TestCase("x,label\n", "has a header but no rows: expected at least one.", TestName = "Read_OfHeaderOnly_SaysSo")]
    public void Read_OfBadForm_IsRefused(string text, string message) => AssertRefused(text, " " + message);

    [TestCase("1,2\n3,4\n", "expected a header with the names of the columns, got the numbers 1, 2.")]
    [TestCase("x,x\n1,2\n", "the header names column 'x' twice.")]
    [TestCase("x,\n1,2\n", "column 2 of the header has no name.")]
    [TestCase("label\n1\n", "the header names no input column, only label.")]
    [TestCase("x,label,label.0\n1,2,3\n", "expected either 'label' or 'label.0', 'label.1', ... without gaps; got label, label.0.")]
    [TestCase("x,label.1\n1,2\n", "expected either 'label' or 'label.0', 'label.1', ... without gaps; got label.1.")]
    public void Read_OfBadHeader_SaysWhatIsWrong(string text, string message) => AssertRefused(text, ": " + message);

    [TestCase("x,y\n1,2\n3\n", ", row 2: expected 2 cells as in the header, got 1.")]
    [TestCase("x,y\n1,2\n3,4,5\n", ", row 2: expected 2 cells as in the header, got 3.")]
    [TestCase("x,y\n1,two\n", ", row 1, column 'y': expected a finite number, got 'two'.")]
    [TestCase("x,y\n1,NaN\n", ", row 1, column 'y': expected a finite number, got 'NaN'.")]
    [TestCase("x,y\n1,\n", ", row 1, column 'y': expected a finite number, got ''.")]
    [TestCase("x,task,label\n1,a,2\n1,,2\n", ", row 2, column 'task': expected the name of a task, got nothing.")]
    [TestCase("x,y\n1,2\"3\n", ", row 1: a quotation mark is out of place.")]
    public void Read_OfBadCells_NamesRowAndColumn(string text, string message) => AssertRefused(text, message);

    // Two classes of Latin-1 letters would be one of replacement characters.
    [Test]
    public void Read_OfAnotherEncodingThanUtf8_IsRefused()
    {
        string path = _files.Write("t.csv", [.. "x,label\n1,"u8, 0xE4, .. "\n2,"u8, 0xF6, .. "\n"u8]);

        Assert.That(
            () => TableFile.Read(path),
            Throws
                .TypeOf<BundleException>()
                .With.Message.StartsWith($"'{path}': Expected UTF-8; byte 10 (0xE4) does not belong to any character.")
        );
    }

    [Test]
    public void Read_OfAByteOrderMark_LeavesItOut() =>
        Assert.That(TableFile.Read(_files.Write("t.csv", [0xEF, 0xBB, 0xBF, .. "x,y\n1,2\n"u8])).Columns, Is.EqualTo(new[] { "x", "y" }));

    [Test]
    public void Read_OfMissingFile_SaysWhatIsExpected()
    {
        string path = Path.Combine(_files.Root, "none.csv");

        Assert.That(
            () => TableFile.Read(path),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{path}' is not there: expected a CSV file with a header.")
        );
    }

    [Test]
    public void Read_OfLabelledRows_SeparatesInputsFromClasses()
    {
        TableFile table = TableFile.Read(_files.Write("t.csv", "b,label,a\n1,\"red, dark\",2e1\n-3,blue,4.5\n"));

        Assert.That(table.Columns, Is.EqualTo(new[] { "b", "a" }));
        Assert.That(table.Classes(), Is.EqualTo(new[] { "red, dark", "blue" }));
        Assert.That(table.Select(["a", "b"]).Values, Is.EqualTo(new[] { 20f, 1f, 4.5f, -3f }));
        Assert.That(table.Row(1).ToArray(), Is.EqualTo(new[] { -3f, 4.5f }));
    }

    [Test]
    public void Select_OfOtherColumns_NamesBothLists()
    {
        string path = _files.Write("t.csv", "x,y\n1,2\n");

        Assert.That(
            () => TableFile.Read(path).Select(["x", "z"]),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{path}': expected the input columns x, z; got x, y.")
        );
    }

    [Test]
    public void Targets_OfSeveralLabels_AreOrderedByNumber()
    {
        TableFile table = TableFile.Read(_files.Write("t.csv", "label.1,x,label.0\n1,2,3\n"));

        Assert.That(table.Targets().Values, Is.EqualTo(new[] { 3f, 1f }));
        Assert.That(
            () => table.Classes(),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo($"'{table.Path}': classes need a column 'label', the header has label.0, label.1.")
        );
    }

    [Test]
    public void Create_OfClasses_StandardisesByTheTrainingRows()
    {
        string rows = string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i},7,k{i % 6}"));
        _files.Write("t.csv", "x,constant,label\n" + rows + "\n");
        ClassFamily family = (ClassFamily)TaskFamilies.Create(Spec(2, 1, 1), _files.Root);
        JointData joint = family.Joint(Split.Train);
        float[] row = new float[2];
        List<float> values = [];
        for (int i = 0; i < joint.ItemCount; i++)
        {
            joint.Fill(i, row);
            values.Add(row[0]);
            Assert.That(row[1], Is.Zero);
        }

        Assert.That(joint.ClassCount, Is.EqualTo(2));
        Assert.That(values.Average(), Is.EqualTo(0).Within(1e-6));
        Assert.That(values.Average(v => v * v), Is.EqualTo(1).Within(1e-5));
        Assert.That(family.Preprocessing.Table!.Columns, Is.EqualTo(new[] { "x", "constant" }));
        Assert.That(family.Preprocessing.Table!.Scale[1], Is.EqualTo(1f));
    }

    [Test]
    public void Sample_OfTasks_TakesAllRowsFromOneTask()
    {
        // In task t the target is 100 t + x, so that a row tells its task.
        string rows = string.Join('\n', Enumerable.Range(0, 50).Select(i => $"t{i % 5},{i},{(100 * (i % 5)) + i}"));
        _files.Write("t.csv", "task,x,label\n" + rows + "\n");
        TableRegression family = (TableRegression)TaskFamilies.Create(Spec(1, 4, 6), _files.Root);
        TablePreprocessing table = family.Preprocessing.Table!;
        string[][] names = [.. Enum.GetValues<Split>().Select(s => family.Tasks(s).Select(t => t.Name).ToArray())];
        Assert.That(names.Select(n => n.Length), Is.EqualTo(new[] { 3, 1, 1 }));
        Assert.That(names.SelectMany(n => n).Distinct().Count(), Is.EqualTo(5));
        for (ulong e = 0; e < 20; e++)
        {
            Episode episode = family.Sample(Split.Train, new EpisodeShape(1, 4, 6), new SeededRandom(1, e));
            float[] x = [.. episode.SupportX.Values, .. episode.QueryX.Values];
            float[] y = [.. episode.SupportY.Values, .. episode.QueryY.Values];
            double[] tasks = [.. x.Zip(y, (a, b) => Math.Round((b - ((a * table.Scale[0]) + table.Mean[0])) / 100, 3)).Distinct()];
            Assert.That(tasks, Has.Length.EqualTo(1));
            Assert.That(names[0], Does.Contain($"t{tasks[0]}"));
            Assert.That(x.Distinct().Count(), Is.EqualTo(10));
        }
    }

    [Test]
    public void Create_OfTaskWithTooFewRows_NamesIt()
    {
        _files.Write("t.csv", "task,x,label\na,1,1\nb,1,1\nc,1,1\na,2,2\nb,2,2\nc,2,2\n");

        Assert.That(
            () => TaskFamilies.Create(Spec(1, 2, 1), _files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match("^table: task '[abc]' has 2 rows, but an episode needs 3 \\(2 support, 1 query\\)\\.$")
        );
    }

    [Test]
    public void Create_OfClassesWithOneWay_SaysWhy()
    {
        string path = _files.Write("t.csv", "x,label\n1,a\n");

        Assert.That(
            () => TaskFamilies.Create(Spec(1, 1, 1), _files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"table: '{path}' has no 'task' column, so its labels are classes: tasks.ways must be at least 2, got 1."
                )
        );
    }

    // The columns stand in another order than the model's: x is 1, 2, 3, 4 and comes out as (x - 1) / 2.
    [Test]
    public void OfSource_OfTable_PreparesTheModelsColumnsAsGiven()
    {
        string path = _files.Write("t.csv", "z,label,x\n5,a,1\n5,a,2\n5,b,3\n5,b,4\n");
        TablePreprocessing preprocessing = new()
        {
            Columns = ["x", "z"],
            Mean = [1, 0],
            Scale = [2, 1],
        };
        ITaskFamily family = TaskFamilies.OfSource(path, Preprocessing.ForTable(preprocessing), classification: true);
        Episode episode = family.Sample(Split.Test, new EpisodeShape(2, 1, 1), new SeededRandom(1));

        Assert.That(episode.Classes, Is.EquivalentTo(new[] { "a", "b" }));
        Assert.That(
            episode.SupportX.Values.Concat(episode.QueryX.Values).Where((_, i) => i % 2 == 0),
            Is.EquivalentTo(new[] { 0f, 0.5f, 1f, 1.5f })
        );
        Assert.That(episode.SupportX.Values.Where((_, i) => i % 2 == 1), Is.All.EqualTo(5f));
    }

    [Test]
    public void OfSource_OfTasksForAClassifier_IsRefused()
    {
        string path = _files.Write("t.csv", "task,x,label\na,1,1\n");
        Assert.That(
            () => TaskFamilies.OfSource(path, Preprocessing.ForTable(TablePreprocessing.Plain("x")), classification: true),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo($"table: '{path}' has a 'task' column, so its tasks are regressions, but the model classifies.")
        );
    }

    [Test]
    public void OfSource_OfTargetsWithoutTasks_IsOneTask()
    {
        string path = _files.Write("t.csv", "x,label\n1,10\n2,20\n3,30\n");
        TableRegression family = (TableRegression)
            TaskFamilies.OfSource(path, Preprocessing.ForTable(TablePreprocessing.Plain("x")), classification: false);
        Episode episode = family.Sample(Split.Test, new EpisodeShape(1, 2, 1), new SeededRandom(1));

        Assert.That(family.Tasks(Split.Test).Select(t => t.Count), Is.EqualTo(new[] { 3 }));
        Assert.That(episode.SupportY.Values.Concat(episode.QueryY.Values), Is.EquivalentTo(new[] { 10f, 20f, 30f }));
    }

    private static TaskSpec Spec(int ways, int shots, int queries) =>
        new()
        {
            Type = "table",
            Ways = ways,
            Shots = shots,
            Queries = queries,
            Source = "t.csv",
        };

    private void AssertRefused(string text, string message)
    {
        string path = _files.Write("t.csv", text);

        Assert.That(() => TableFile.Read(path), Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{path}'{message}"));
    }
}
