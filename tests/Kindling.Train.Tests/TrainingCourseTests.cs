using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using Kindling.Train.TensorBoard;
using Kindling.Train.TensorBoard.Proto;

namespace Kindling.Train.Tests;

/// <summary>What validations decide on the way: when training stops, and of what parameters the result is the mean. A validation every two iterations.</summary>
public sealed class TrainingCourseTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void CreateFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    // Random initialisation never gets better than at its first validation, in iteration 2.
    [Test]
    public void Run_NoBetterValidations_StopsAndKeepsTheBest()
    {
        List<TrainingProgress> lines = [];
        Assert.That(Run("whole", "random", 100, "\"patience\": 3", lines), Is.True);
        Assert.That(lines.Select(l => (l.Iteration, l.HasConverged)), Is.EqualTo(new[] { (2, false), (4, false), (6, false), (8, true) }));
        CheckpointState state = Checkpoint.Read(folder["whole"], Checkpoint.ThetaFile).State;
        Assert.That((state.Iteration, state.BestIteration, state.ValidationsSinceBest), Is.EqualTo((8, 2, 3)));

        lines.Clear();
        Assert.That(Run("whole", "random", 100, "\"patience\": 3", lines, resume: true), Is.True);
        Assert.That(lines, Is.Empty, "it has stopped already");
        Assert.That(Run("whole", "random", 100, "\"patience\": 5", lines, resume: true), Is.True);
        Assert.That(lines.Select(l => l.Iteration), Is.EqualTo(new[] { 10, 12 }), "more patience goes on");
    }

    [Test]
    public void Run_BetterValidations_DoNotCount()
    {
        List<TrainingProgress> lines = [];
        Assert.That(Run("whole", "maml", 60, "\"patience\": 1, \"outerRate\": 0.001", lines), Is.True);
        double[] metrics = [.. lines.Select(l => l.Validation![^1])];
        int first = Enumerable.Range(1, metrics.Length - 1).First(i => i == metrics.Length - 1 || metrics[i] >= metrics[i - 1]);
        Assert.That(lines, Has.Count.EqualTo(first + 1), "stops at the first validation that is no better");
        Assert.That(first, Is.GreaterThan(1));
    }

    [Test]
    public void Run_WithoutPatience_TrainsToTheEnd()
    {
        List<TrainingProgress> lines = [];
        Assert.That(Run("whole", "random", 21, "\"average\": 1", lines), Is.True);
        Assert.That(lines[^1].Iteration, Is.EqualTo(21));
    }

    // Checkpoints every three iterations: dying in iteration 8 leaves that of iteration 6.
    [TestCase("random", "\"patience\": 4")]
    [TestCase("maml", "\"average\": 3")]
    [TestCase("maml", "\"average\": 2, \"patience\": 2")]
    public void Run_DiedOnTheWay_GoesOnToEqualBits(string type, string members)
    {
        Assert.That(Run("whole", type, 11, members, []), Is.True);
        Assert.That(() => Run("died", type, 11, members, [], dieAt: 8), Throws.InvalidOperationException);
        Assert.That(Checkpoint.Read(folder["died"], Checkpoint.LastFile).State.Iteration, Is.EqualTo(6));
        Assert.That(Run("died", type, 11, members, [], resume: true), Is.True);
        foreach (string file in new[] { Checkpoint.LastFile, Checkpoint.ThetaFile })
        {
            (IReadOnlyDictionary<string, FloatTensor> whole, CheckpointState one) = Checkpoint.Read(folder["whole"], file);
            (IReadOnlyDictionary<string, FloatTensor> died, CheckpointState other) = Checkpoint.Read(folder["died"], file);
            Assert.That(died.Keys, Is.EquivalentTo(whole.Keys));
            Assert.That(whole.Keys.Select(name => died[name].Values), Is.EqualTo(whole.Keys.Select(name => whole[name].Values)), file);
            Assert.That(
                (other.Iteration, other.BestIteration, other.BestMetric, other.ValidationsSinceBest),
                Is.EqualTo((one.Iteration, one.BestIteration, one.BestMetric, one.ValidationsSinceBest))
            );
        }

        Assert.That(
            TrainingLog.Read(folder["died"]).Select(l => (l.Iteration, l.Validation![^1])),
            Is.EqualTo(TrainingLog.Read(folder["whole"]).Select(l => (l.Iteration, l.Validation![^1])))
        );
    }

    [Test]
    public void Run_DiedOnTheWay_HasEventsOfEveryStepOnce()
    {
        string events = folder["events"];
        Assert.That(() => Run("died", "maml", 11, "\"average\": 1", [], dieAt: 8, events: events), Throws.InvalidOperationException);
        Assert.That(Run("died", "maml", 11, "\"average\": 1", [], resume: true, events: events), Is.True);
        long[] steps =
        [
            .. RecordFile.Read(Path.Combine(events, EventLog.FileName)).Skip(1).Select(record => Event.Parser.ParseFrom(record.Span).Step),
        ];
        Assert.That(steps, Is.EqualTo(new long[] { 2, 4, 6, 8, 10, 11 }));
    }

    // A second for each look at the clock: an iteration takes as long as the looks in it, validation apart.
    [Test]
    public void Run_OnAClock_TellsRateAndTimeLeftWithTheValidationsToCome()
    {
        List<TrainingProgress> lines = [];
        _ = Run("whole", "random", 6, "\"average\": 1", lines, time: new TickingClock());
        TrainingProgress second = lines.First(l => l.Iteration == 2);
        TrainingProgress third = lines.First(l => l.Iteration == 3);
        Assert.That((second.TasksPerSecond, second.Remaining), Is.EqualTo((3.0, TimeSpan.FromSeconds(4 + (2 * 1)))));
        Assert.That((third.TasksPerSecond, third.Remaining), Is.EqualTo((3.0, TimeSpan.FromSeconds(3 + (1 * 1)))));
    }

    [Test]
    public void Validate_WithAnAverage_MeasuresAndKeepsTheMeanOfTheLast()
    {
        Recipe recipe = Recipe("maml", 100, "\"average\": 2, \"outerRate\": 0.001");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        using MetaTrainer trainer = new(recipe, tasks, 1);
        IReadOnlyList<FloatTensor>[] validated = new IReadOnlyList<FloatTensor>[3];
        double[] metrics = [];
        for (int v = 0; v < validated.Length; v++)
        {
            _ = trainer.Step();
            validated[v] = trainer.Parameters;
            metrics = trainer.Validate();
        }

        Assert.That(trainer.Best!.Value.Iteration, Is.EqualTo(3), "it gets better and better");
        FloatTensor[] mean =
        [
            .. validated[1]
                .Zip(
                    validated[2],
                    (a, b) => new FloatTensor([.. a.Shape], [.. a.Values.Zip(b.Values, (x, y) => (float)(((double)x + y) / 2))])
                ),
        ];
        Assert.That(trainer.Best.Value.Parameters.SelectMany(p => p.Values), Is.EqualTo(mean.SelectMany(p => p.Values)));
        double[][] expected = trainer.Evaluate(mean, Split.Validation, 4, recipe.Seed);
        Assert.That(metrics[^1], Is.EqualTo(expected.Average(e => e[^1])).Within(1e-12));
        Assert.That(trainer.Parameters, Is.SameAs(validated[2]), "training goes on from the last ones");
    }

    private bool Run(
        string name,
        string type,
        int iterations,
        string members,
        List<TrainingProgress> lines,
        bool resume = false,
        int dieAt = -1,
        string? events = null,
        TimeProvider? time = null
    )
    {
        Recipe recipe = Recipe(type, iterations, members);
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), folder[name], time ?? new StoppedClock())
        {
            TrainsBaseline = false,
            TensorBoard = events,
        };
        return session.Run(2, resume, new Recorder(lines, dieAt), CancellationToken.None);
    }

    private static Recipe Recipe(string type, int iterations, string members) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7,
              "network": { "type": "mlp", "hidden": [8] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": {
                "type": "{{type}}", "iterations": {{iterations}}, "tasksPerBatch": 3,
                "validateEvery": 2, "validationEpisodes": 4, "checkpointEvery": 3, {{members}}
              },
              "inner": { "rate": 0.01, "steps": 1 }
            }
            """,
            "test"
        );

    /// <summary>A clock that stands still: only intervals of iterations cause reports.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }

    /// <summary>A clock that goes on by a second whenever it is read.</summary>
    private sealed class TickingClock : TimeProvider
    {
        private long seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => seconds++;
    }

    private sealed class Recorder(List<TrainingProgress> lines, int dieAt) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            lines.Add(value);
            if (value.Iteration == dieAt)
            {
                throw new InvalidOperationException("died");
            }
        }
    }
}
