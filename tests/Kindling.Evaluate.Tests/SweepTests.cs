using Kindling.Bundles;
using Kindling.Evaluate.Sweeps;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Tests;

public sealed class SweepTests
{
    private const string Recipe = """
        {
          "name": "small", "seed": 4, "network": { "type": "mlp", "hidden": [4] },
          "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
          "algorithm": { "type": "maml", "iterations": 6, "tasksPerBatch": 2, "validateEvery": 3, "checkpointEvery": 2, "validationEpisodes": 4 },
          "inner": { "rate": 0.01, "steps": 1, "adaptationSteps": 2 }
        }
        """;

    private TemporaryFolder temporary = null!;

    private string folder = "";

    [SetUp]
    public void CreateFolder()
    {
        temporary = new TemporaryFolder();
        folder = Directory.CreateDirectory(temporary["sweep"]).FullName;
    }

    [TearDown]
    public void DeleteFolder() => temporary.Dispose();

    [Test]
    public void Combinations_OfTwoMembers_AreAllPairsInOrder()
    {
        IReadOnlyList<SweepSetting> settings = SweepSetting.Combinations(
            "m",
            Recipe,
            [("inner.rate", ["0.1", "0.2"]), ("algorithm.type", ["maml", "anil"])]
        );
        Assert.That(
            settings.Select(s => s.Label),
            Is.EqualTo(
                new[]
                {
                    "m inner.rate=0.1 algorithm.type=maml",
                    "m inner.rate=0.1 algorithm.type=anil",
                    "m inner.rate=0.2 algorithm.type=maml",
                    "m inner.rate=0.2 algorithm.type=anil",
                }
            )
        );
    }

    [Test]
    public void Run_Again_TrainsNothingAndGivesTheSame()
    {
        (IReadOnlyList<SweepRow> first, List<string> begun) = Run("inner.rate", ["0.01", "0.02"], seeds: 2);
        Assert.That(
            begun,
            Is.EqualTo(
                new[]
                {
                    "small inner.rate=0.01 seed 4",
                    "small inner.rate=0.01 seed 5",
                    "small inner.rate=0.02 seed 4",
                    "small inner.rate=0.02 seed 5",
                }
            )
        );
        Assert.That(first.Select(r => r.Metric.Count), Is.All.EqualTo(3), "before adaptation and after two steps");
        Assert.That(first.Select(r => r.Metric[2]).Distinct().Count(), Is.EqualTo(4));

        (IReadOnlyList<SweepRow> second, List<string> again) = Run("inner.rate", ["0.01", "0.02"], seeds: 2);
        Assert.That(again, Is.Empty);
        Assert.That(second.Select(Text), Is.EqualTo(first.Select(Text)));
    }

    [Test]
    public void Run_StoppedInATraining_GoesOnToTheFiguresOfAnUninterruptedOne()
    {
        (IReadOnlyList<SweepRow> whole, _) = Run("inner.rate", ["0.03"], seeds: 1);
        Directory.Delete(folder, recursive: true);
        using CancellationTokenSource stop = new();
        Sweep sweep = Create(seeds: 1);
        IReadOnlyList<SweepSetting> settings = SweepSetting.Combinations("small", Recipe, [("inner.rate", ["0.03"])]);
        IReadOnlyList<SweepRow> none = sweep.Run(settings, _ => { }, new Stop(stop), stop.Token);
        Assert.That(none, Is.Empty);
        Assert.That(Directory.EnumerateDirectories(Path.Combine(folder, "runs")).Count(), Is.EqualTo(1), "its checkpoint is kept");

        (IReadOnlyList<SweepRow> rest, _) = Run("inner.rate", ["0.03"], seeds: 1);
        Assert.That(rest.Single().Metric, Is.EqualTo(whole.Single().Metric));
        Assert.That(Directory.EnumerateDirectories(Path.Combine(folder, "runs")), Is.Empty);
    }

    [Test]
    public void Run_ValuesThatDiverge_AreAResult()
    {
        (IReadOnlyList<SweepRow> rows, _) = Run("algorithm.outerRate", ["1e38", "0.001"], seeds: 1);
        Assert.That(rows[0].Diverged, Is.True);
        Assert.That(rows[0].Metric, Is.All.NaN);
        Assert.That(rows[1].Diverged, Is.False);
        Assert.That(rows[1].Metric.All(double.IsFinite), Is.True);
    }

    [Test]
    public void Run_WrongMember_IsRefusedBeforeTheFirstTraining()
    {
        Assert.That(
            () => Run("inner.speed", ["1"], seeds: 1),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("small inner.speed=1: unknown member 'inner.speed'; did you mean")
        );
        Assert.That(
            () => Run("outer.rate", ["1"], seeds: 1),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("small outer.rate=1: there is no 'outer.rate' to set; expected a way as in inner.rate.")
        );
    }

    [Test]
    public void Run_TwoSettingsOfOneName_IsRefused()
    {
        IReadOnlyList<SweepSetting> settings =
        [
            .. SweepSetting.Combinations("small", Recipe, [("inner.rate", ["0.1"])]),
            .. SweepSetting.Combinations("small", Recipe.Replace("[4]", "[5]", StringComparison.Ordinal), [("inner.rate", ["0.1"])]),
        ];
        Assert.That(
            () => Create(seeds: 1).Run(settings, _ => { }, new Progress<TrainingProgress>(), default),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("small inner.rate=0.1: 2 settings are called so")
        );
    }

    // seeds 4 and 5 of the one, 5 and 6 of the other
    [Test]
    public void Run_SettingsThatShareATraining_TrainItOnce()
    {
        (IReadOnlyList<SweepRow> rows, List<string> begun) = Run("seed", ["4", "5"], seeds: 2);
        Assert.That(rows.Select(row => row.Seed), Is.EqualTo(new ulong[] { 4, 5, 5, 6 }));
        Assert.That(begun, Has.Count.EqualTo(3));
    }

    [Test]
    public void Run_LastResultCutShortByAKill_IsTrainedAgain()
    {
        (IReadOnlyList<SweepRow> whole, _) = Run("inner.rate", ["0.01", "0.02"], seeds: 1);
        string file = Path.Combine(folder, "results.jsonl");
        File.WriteAllText(file, File.ReadAllText(file)[..^20]);
        (IReadOnlyList<SweepRow> rows, List<string> begun) = Run("inner.rate", ["0.01", "0.02"], seeds: 1);
        Assert.That(begun, Is.EqualTo(new[] { "small inner.rate=0.02 seed 4" }));
        Assert.That(rows.Select(Text), Is.EqualTo(whole.Select(Text)));
        Assert.That(File.ReadAllLines(file), Has.Length.EqualTo(2));
    }

    [TestCase("{}")]
    [TestCase("null")]
    public void Run_DamagedResults_NamesTheLine(string line)
    {
        File.WriteAllText(Path.Combine(folder, "results.jsonl"), line + "\n");
        Assert.That(
            () => Run("inner.rate", ["1"], seeds: 1),
            Throws.TypeOf<BundleException>().With.Message.Contains("results.jsonl, line 1: expected a result of a sweep.")
        );
    }

    // Mean 2 and deviation 1 of three seeds: half-width 4.303 / sqrt(3) = 2.484 by Student's t with two degrees of freedom.
    [Test]
    public void ToString_ThreeSeeds_GivesMeanAndStudentsInterval()
    {
        SweepRow[] rows = [.. new[] { 1.0, 2.0, 3.0 }.Select((v, i) => Row("a", i, [v, 10 * v]))];
        Assert.That(
            SweepTable
                .Of([.. rows, Row("a", 3, [double.NaN]) with { Diverged = true }, Row("b", 0, [0.5, double.PositiveInfinity])], [0, 1, 2])
                .ToString()
                .ReplaceLineEndings("\n"),
            Is.EqualTo(
                """
                | setting | seeds | after 0 | after 1 | after 2 | seconds |
                | --- | --- | --- | --- | --- | --- |
                | a | 3, 1 diverged | 2.000 +- 2.484 | 20.000 +- 24.843 | | 7 |
                | b | 1 | 0.500 | diverges | | 7 |
                """.ReplaceLineEndings("\n")
            )
        );
    }

    private static SweepRow Row(string setting, int seed, double[] metric) =>
        new()
        {
            Setting = setting,
            Key = $"{setting}{seed}",
            Seed = (ulong)seed,
            Iteration = 1,
            Seconds = 7,
            Metric = metric,
        };

    private static string Text(SweepRow row) => $"{row.Setting} {row.Key} {row.Seed} {row.Iteration} {string.Join(' ', row.Metric)}";

    private Sweep Create(int seeds) =>
        new(folder, "", TimeProvider.System)
        {
            Threads = 2,
            Seeds = seeds,
            Episodes = 5,
            Split = Split.Test,
        };

    private (IReadOnlyList<SweepRow> Rows, List<string> Begun) Run(string member, string[] values, int seeds)
    {
        List<string> begun = [];
        IReadOnlyList<SweepRow> rows = Create(seeds)
            .Run(SweepSetting.Combinations("small", Recipe, [(member, values)]), begun.Add, new Progress<TrainingProgress>(), default);
        return (rows, begun);
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }
}
