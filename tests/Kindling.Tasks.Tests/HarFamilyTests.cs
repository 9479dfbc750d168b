using System.IO.Compression;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

public sealed class HarFamilyTests
{
    private const string Header = "exec,device,t_ms,ax,ay,az,gx,gy,gz,label";

    private static readonly string[] Activities = ["SEATED", "SITTING_DOWN", "STANDING_UP", "TURNING", "WALKING"];

    private static readonly string[] Users = [.. "s01 s02 s03 s05 s06 s07 s08 s10 s11 s12 s14 s15 s16 s17 s19 s20 s21 s22 s23".Split(' ')];

    private static readonly TaskSpec Spec = new()
    {
        Type = "har_geotec",
        Ways = 5,
        Shots = 2,
        Queries = 3,
    };

    private TemporaryFolder root = null!;

    [SetUp]
    public void Write()
    {
        root = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(root.Path, "har_geotec"));
        foreach (string user in Users)
        {
            Write(user, Rows(executions: 4));
        }
    }

    [TearDown]
    public void Delete() => root.Dispose();

    // Every sample of execution e has the acceleration (9.81 e, activity, 0) and the rotation (activity, 0, 0).
    [Test]
    public void Sample_TestUser_TakesSupportFromTheFirstTwoExecutionsAndQueriesFromTheRest()
    {
        ITaskFamily family = TaskFamilies.Create(Spec, root.Path);
        for (ulong draw = 0; draw < 20; draw++)
        {
            Episode episode = family.Sample(Split.Test, Spec.ToShape(), new SeededRandom(1, draw));
            Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 10, 6, 64, 1 }));
            Assert.That(episode.QueryX.Shape, Is.EqualTo(new[] { 15, 6, 64, 1 }));
            Assert.That(episode.SupportY.Values, Is.EqualTo(new float[] { 0, 0, 1, 1, 2, 2, 3, 3, 4, 4 }));
            Assert.That(episode.Classes, Is.EqualTo(Activities));
            Assert.That(Executions(episode.SupportX), Is.SubsetOf(new[] { 1f, 2f }));
            Assert.That(Executions(episode.QueryX), Is.SubsetOf(new[] { 3f, 4f }));
            Assert.That(
                Channel(episode.SupportX, 1).Select(v => (int)MathF.Round(v * 9.81f)),
                Is.EqualTo(episode.SupportY.Values.Select(v => (int)v))
            );
            Assert.That(Channel(episode.SupportX, 3), Is.EqualTo(episode.SupportY.Values), "rotation stays in rad/s");
        }
    }

    [Test]
    public void Sample_TrainingUser_TakesAnyTwoExecutionsAndNeverOneForBothSides()
    {
        ITaskFamily family = TaskFamilies.Create(Spec, root.Path);
        HashSet<float> seen = [];
        for (ulong draw = 0; draw < 40; draw++)
        {
            Episode episode = family.Sample(Split.Train, Spec.ToShape(), new SeededRandom(1, draw));
            float[] support = [.. Executions(episode.SupportX)];
            Assert.That(support.Intersect(Executions(episode.QueryX)), Is.Empty);
            seen.UnionWith(support);
        }

        Assert.That(seen, Is.EquivalentTo(new[] { 1f, 2f, 3f, 4f }));
    }

    [Test]
    public void Joint_OfASplit_HasEveryWindowOfItsUsers()
    {
        JointData joint = TaskFamilies.Create(Spec, root.Path).Joint(Split.Validation);
        float[] x = new float[6 * 64];
        joint.Fill(0, x);
        // 3 users, 4 executions, 5 activities of 128 samples: windows from 0, 32 and 64 lie in one; those from 96 are half and half
        Assert.That((joint.ClassCount, joint.ItemCount), Is.EqualTo((5, 3 * 4 * 5 * 3)));
        Assert.That((joint.Label(0), x[0]), Is.EqualTo((0, 1f)));
    }

    [Test]
    public void Create_WrongWays_SaysWhichActivitiesThereAre()
    {
        Assert.That(
            () => TaskFamilies.Create(new TaskSpec { Type = "har_geotec", Ways = 4 }, root.Path),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "har_geotec: a task has the 5 activities SEATED, SITTING_DOWN, STANDING_UP, TURNING, WALKING, so ways must be 5, got 4."
                )
        );
    }

    [TestCase("", "expected the columns exec, device, t_ms, ax, ay, az, gx, gy, gz, label.")]
    [TestCase(
        Header + "\n1,sp,0,1,2,3,4,5,x,SEATED",
        "row 1: expected an execution, a device, six numbers and an activity, got '1,sp,0,1,2,3,4,5,x,SEATED'."
    )]
    [TestCase(
        Header + "\n1,sp,0,1,2,3,4,5,NaN,SEATED",
        "row 1: expected an execution, a device, six numbers and an activity, got '1,sp,0,1,2,3,4,5,NaN,SEATED'."
    )]
    [TestCase(
        Header + "\n1,sp,0,1,2,3,4,5,6,FLYING",
        "row 1: expected an execution, a device, six numbers and an activity, got '1,sp,0,1,2,3,4,5,6,FLYING'."
    )]
    [TestCase(Header + "\n1,sp,0,1", "row 1: expected an execution, a device, six numbers and an activity, got '1,sp,0,1'.")]
    public void Create_DamagedFile_NamesItAndTheRow(string content, string fault)
    {
        Write("s15", content);
        Assert.That(
            () => TaskFamilies.Create(Spec, root.Path),
            Throws.TypeOf<BundleException>().With.Message.Contains("s15.csv.gz'").And.Message.EndsWith(fault)
        );
    }

    [Test]
    public void Create_TooFewExecutions_SaysWhatIsExpected()
    {
        Write("s15", Rows(executions: 2));
        Assert.That(
            () => TaskFamilies.Create(Spec, root.Path),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EndsWith(
                    "s15.csv.gz' has 2 executions; expected windows of every activity in the first 2 and in those behind them."
                )
        );
    }

    [Test]
    public void Create_FileThatIsNoGzip_IsRefused()
    {
        File.WriteAllText(Path.Combine(root.Path, "har_geotec", "s15.csv.gz"), Header);
        Assert.That(
            () => TaskFamilies.Create(Spec, root.Path),
            Throws.TypeOf<BundleException>().With.Message.Contains("s15.csv.gz' cannot be read: ")
        );
    }

    [Test]
    public void Create_RealData_HasTheKnownNumberOfWindows()
    {
        string? data = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(data) || !Directory.Exists(Path.Combine(data, "har_geotec")))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds har_geotec/.");
        }

        ITaskFamily family = TaskFamilies.Create(Spec, data);
        int[] windows = [.. Enum.GetValues<Split>().Select(split => family.Joint(split).ItemCount)];
        // 169 to 344 windows a user
        Assert.That(windows[0], Is.InRange(11 * 169, 11 * 344));
        Assert.That(windows[1], Is.InRange(3 * 169, 3 * 344));
        Assert.That(windows[2], Is.InRange(5 * 169, 5 * 344));
    }

    private static IEnumerable<float> Executions(FloatTensor x) => Channel(x, 0).Distinct().Order();

    // the first sample of a channel of each window
    private static IEnumerable<float> Channel(FloatTensor x, int channel) =>
        Enumerable.Range(0, x.Shape[0]).Select(i => x.Values[(i * 6 * 64) + (channel * 64)]);

    private static string Rows(int executions)
    {
        StringBuilder text = new(Header);
        for (int e = 1; e <= executions; e++)
        {
            for (int a = 0; a < Activities.Length; a++)
            {
                for (int t = 0; t < 128; t++)
                {
                    _ = text.Append('\n')
                        .AppendJoin(',', e, "sp", t, FormattableString.Invariant($"{9.81 * e}"), a, 0, a, 0, 0, Activities[a]);
                    _ = t % 50 == 0 ? text.Append('\n').AppendJoin(',', e, "sw", t, 1, 1, 1, 1, 1, 1, Activities[a]) : text;
                }
            }
        }

        return text.ToString();
    }

    private void Write(string user, string content)
    {
        using FileStream file = File.Create(Path.Combine(root.Path, "har_geotec", $"{user}.csv.gz"));
        using GZipStream packed = new(file, CompressionLevel.Fastest);
        packed.Write(Encoding.UTF8.GetBytes(content));
    }
}
