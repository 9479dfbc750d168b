using Kindling.Bundles;
using Kindling.Train.Session;

namespace Kindling.Train.Tests;

public sealed class TrainingLogTests
{
    private TemporaryFolder temporary = null!;

    private string folder = "";

    private string LogFile => Path.Combine(folder, TrainingLog.FileName);

    [SetUp]
    public void CreateFolder()
    {
        temporary = new TemporaryFolder();
        folder = temporary.Path;
    }

    [TearDown]
    public void DeleteFolder() => temporary.Dispose();

    [Test]
    public void Add_Lines_AreReadBack()
    {
        Write(0, new(5, 0.5, [1, 0.25], 100), new(10, double.NaN, null, 101));
        IReadOnlyList<TrainingMetrics> lines = TrainingLog.Read(folder);
        Assert.That(
            lines.Select(l => (l.Iteration, l.Loss, l.ResidentMegabytes)),
            Is.EqualTo(new[] { (5, 0.5, 100L), (10, double.NaN, 101L) })
        );
        Assert.That(lines[0].Validation, Is.EqualTo(new[] { 1, 0.25 }));
        Assert.That(lines[1].Validation, Is.Null);
        Assert.That(
            File.ReadAllLines(LogFile)[0],
            Is.EqualTo("""{"iteration":5,"loss":0.5,"validation":[1,0.25],"residentMegabytes":100}""")
        );
    }

    [Test]
    public void Open_AtACheckpoint_DropsWhatComesOnceMore()
    {
        Write(0, new(5, 1, null, 1), new(10, 2, null, 1), new(15, 3, null, 1));
        Write(10, new TrainingMetrics(15, 4, null, 1));
        Assert.That(TrainingLog.Read(folder).Select(l => (l.Iteration, l.Loss)), Is.EqualTo(new[] { (5, 1.0), (10, 2.0), (15, 4.0) }));
    }

    [Test]
    public void Open_OfANewTraining_DropsAllEvenIfDamaged()
    {
        File.WriteAllText(LogFile, "{}}\n");
        Write(0, new TrainingMetrics(5, 1, null, 1));
        Assert.That(TrainingLog.Read(folder).Select(l => l.Iteration), Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void Read_LineThatAKillCutShort_DoesNotCount()
    {
        Write(0, new TrainingMetrics(5, 1, null, 1));
        File.AppendAllText(LogFile, "{\"iterat");
        Assert.That(TrainingLog.Read(folder).Select(l => l.Iteration), Is.EqualTo(new[] { 5 }));
        Write(5, new TrainingMetrics(10, 1, null, 1));
        Assert.That(TrainingLog.Read(folder).Select(l => l.Iteration), Is.EqualTo(new[] { 5, 10 }));
    }

    [TestCase("{\"iteration\":\"five\"}")]
    [TestCase("null")]
    [TestCase("")]
    public void Read_DamagedLine_NamesIt(string line)
    {
        Write(0, new TrainingMetrics(5, 1, null, 1));
        File.AppendAllText(LogFile, line + "\n");
        Assert.That(
            () => TrainingLog.Read(folder),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"{LogFile}, line 2: expected metrics of a training. ")
        );
    }

    private void Write(int iteration, params TrainingMetrics[] lines)
    {
        using TrainingLog log = new(folder, iteration);
        foreach (TrainingMetrics line in lines)
        {
            log.Add(line);
        }
    }
}
