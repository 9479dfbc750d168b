using System.Globalization;
using System.Text.Json;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Train.Tests;

public sealed class TrainingSessionTests
{
    private const int Iterations = 9;

    private TemporaryFolder temporary = null!;

    private string folder = "";

    [SetUp]
    public void CreateFolder()
    {
        temporary = new TemporaryFolder();
        folder = temporary.Path;
    }

    [TearDown]
    public void DeleteFolder() => temporary.Dispose();

    [Test]
    public void Run_ToTheEnd_LeavesMetaInitialisationAndBaseline()
    {
        Assert.That(Run(), Is.True);
        string[] files = [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(new[] { "baselines.safetensors", "last.safetensors", "metrics.jsonl", "theta.safetensors" }));
    }

    [Test]
    public void Run_ResumedWhenFinishedWithoutBaseline_TrainsJustThat()
    {
        _ = Run();
        Dictionary<string, byte[]> before = Files();
        float[] baseline = Baseline();
        File.Delete(Path.Combine(folder, Checkpoint.BaselinesFile));
        Recorder recorder = new();
        Assert.That(Run(resume: true, progress: recorder), Is.True);
        Assert.That(Baseline(), Is.EqualTo(baseline));
        Assert.That(recorder.Stages, Is.EqualTo(new[] { JointSession.Stage }));
        _ = before.Remove(Checkpoint.BaselinesFile);
        foreach ((string name, byte[] bytes) in before)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(folder, name)), Is.EqualTo(bytes), name);
        }
    }

    [Test]
    public void Run_ResumedWhenAllIsFinished_TrainsNothing()
    {
        _ = Run();
        Recorder recorder = new();
        Assert.That(Run(resume: true, progress: recorder), Is.True);
        Assert.That(recorder.Stages, Is.Empty);
    }

    [Test]
    public void Run_CancelledInTheBaseline_GoesOnToEqualBits()
    {
        _ = Run();
        float[] expected = Baseline();
        using CancellationTokenSource source = new();
        Recorder recorder = new(at: 4, source.Cancel);
        Assert.That(Run(progress: recorder, cancellation: source.Token), Is.False);
        Assert.That(File.Exists(Path.Combine(folder, Checkpoint.BaselinesFile)), Is.False);
        Recorder second = new();
        Assert.That(Run(resume: true, progress: second), Is.True);
        Assert.That(second.Iterations[0], Is.EqualTo(6));
        Assert.That(Baseline(), Is.EqualTo(expected));
    }

    // As a kill would: nothing is saved on the way out, the last checkpoint is that of iteration 3.
    [Test]
    public void Run_DiedInTheBaseline_GoesOnFromItsLastCheckpoint()
    {
        _ = Run();
        float[] expected = Baseline();
        Recorder recorder = new(at: 4, () => throw new InvalidOperationException("died"));
        Assert.That(() => Run(progress: recorder), Throws.InvalidOperationException.With.Message.EqualTo("died"));
        Recorder second = new();
        Assert.That(Run(resume: true, progress: second), Is.True);
        Assert.That(second.Iterations[0], Is.EqualTo(4));
        Assert.That(Baseline(), Is.EqualTo(expected));
    }

    [Test]
    public void Run_ResumedWithMoreIterations_ReplacesTheBaseline()
    {
        _ = Run();
        _ = Run(resume: true, iterations: Iterations + 2);
        (_, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.BaselinesFile);
        Assert.That(state.Iteration, Is.EqualTo(Iterations + 2));
    }

    // Both say the new recipe then, or export would refuse the one for the other.
    [Test]
    public void Run_ConvergedAndResumedWithMoreIterations_RenewsTheRecipeOfBoth()
    {
        const string Course = "\"validateEvery\": 1, \"patience\": 1, \"outerRate\": 1e-12";
        Assert.That(Run(course: Course), Is.True);
        Assert.That(Checkpoint.Read(folder, Checkpoint.ThetaFile).State.Iteration, Is.LessThan(Iterations), "has converged");
        Assert.That(Run(resume: true, course: Course, iterations: Iterations + 2), Is.True);
        CheckpointState theta = Checkpoint.Read(folder, Checkpoint.ThetaFile).State;
        CheckpointState baseline = Checkpoint.Read(folder, Checkpoint.BaselinesFile).State;
        Recipe recipe = Recipe.Parse(theta.Recipe.GetRawText(), "theta");
        Assert.That(recipe.Algorithm.Iterations, Is.EqualTo(Iterations + 2));
        Assert.That(baseline.IsOf(recipe, theta.DataHash, theta.StartedFrom), Is.True);
    }

    [Test]
    public void Run_ResumedUnderAnotherName_KeepsTheBaselineAndRenewsTheRecipe()
    {
        _ = Run();
        byte[] before = Files()[Checkpoint.BaselinesFile];
        Recorder recorder = new();
        Assert.That(Run(resume: true, progress: recorder, name: "renamed"), Is.True);
        Assert.That(recorder.Stages, Is.Empty);
        Assert.That(Files()[Checkpoint.BaselinesFile], Is.EqualTo(before));
        Assert.That(Checkpoint.Read(folder, Checkpoint.ThetaFile).State.Recipe.GetProperty("name").GetString(), Is.EqualTo("renamed"));
    }

    // The loss of the first iteration is a number, what its step leaves is none.
    [Test]
    public void Run_DivergesAtOnce_LeavesTheEarlierResultAndNothingToGoOnFrom()
    {
        _ = Run();
        byte[] theta = Files()[Checkpoint.ThetaFile];
        const string Course = "\"validateEvery\": 1, \"outerOptimizer\": \"sgd\", \"outerRate\": 1e300";
        Assert.That(
            () => Run(course: Course),
            Throws
                .TypeOf<TrainingDivergedException>()
                .With.Message.StartsWith("meta-training diverged: after iteration 1 not all parameters are finite numbers.")
        );
        Assert.That(Files()[Checkpoint.ThetaFile], Is.EqualTo(theta));
        Assert.That(
            () => Run(resume: true),
            Throws.TypeOf<BundleException>().With.Message.Contain("there is no checkpoint here; run `kindling train` first.")
        );
    }

    [Test]
    public void Run_ResumedWithAnotherRecipe_IsRefusedAndLeavesTheCheckpoint()
    {
        _ = Run();
        Dictionary<string, byte[]> before = Files();
        Assert.That(
            () => Run(resume: true, rate: 0.02),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{folder}: the checkpoint was trained by another recipe: inner.rate 0.01 -> 0.02. Go on with the recipe as it was, or start anew from its weights with --from."
                )
        );
        Assert.That(Files(), Is.EqualTo(before));
    }

    [Test]
    public void Run_FromWeights_RemembersTheirHashThroughAResumption()
    {
        _ = Run();
        TrainingStart start = TrainingStart.Read(folder);
        using CancellationTokenSource source = new();
        source.Cancel();
        _ = Run(start: start, cancellation: source.Token);
        (IReadOnlyDictionary<string, FloatTensor> theta, CheckpointState stopped) = Checkpoint.Read(folder, Checkpoint.ThetaFile);
        _ = Run(resume: true);
        (_, CheckpointState finished) = Checkpoint.Read(folder, Checkpoint.ThetaFile);
        Assert.That(theta["head.weight"].Values, Is.EqualTo(start.Tensors["head.weight"].Values));
        Assert.That(stopped.StartedFrom, Is.EqualTo(start.Hash));
        Assert.That(finished.StartedFrom, Is.EqualTo(start.Hash));
    }

    [Test]
    public void Run_FromWeightsOfAnotherNetwork_NamesTheTensorAndLeavesWhatIsThere()
    {
        _ = Run();
        Dictionary<string, byte[]> before = Files();
        TrainingStart start = new(new Dictionary<string, FloatTensor>(StringComparer.Ordinal), "");
        Assert.That(
            () => Run(start: start),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "The weights to start from do not fit the recipe: expected tensor 'hidden1.weight' of shape [1, 8], got none."
                )
        );
        Assert.That(Files(), Is.EqualTo(before));
    }

    [Test]
    public void Run_OnADeviceThatTheEngineDoesNotUse_IsRefusedAndLeavesWhatIsThere([Values] bool metaTrains)
    {
        _ = Run();
        Dictionary<string, byte[]> before = Files();
        Assert.That(
            () => Run(engine: "graph", device: TrainingDevice.Processor(), metaTrains: metaTrains),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("algorithm.engine: 'graph' computes on the processor")
        );
        Assert.That(Files(), Is.EqualTo(before));
    }

    // It takes as long as it did, and reads none of these.
    [Test]
    public void Run_ResumedWithOtherValidations_KeepsTheBaseline()
    {
        _ = Run();
        byte[] before = Files()[Checkpoint.BaselinesFile];
        Recorder recorder = new();
        Assert.That(Run(resume: true, progress: recorder, course: "\"patience\": 3, \"validateEvery\": 1"), Is.True);
        Assert.That(recorder.Stages, Is.Empty);
        Assert.That(Files()[Checkpoint.BaselinesFile], Is.EqualTo(before));
    }

    [Test]
    public void Run_InTwoStages_LeavesWhatOneRunDoes()
    {
        _ = Run();
        float[] baseline = Baseline();
        Directory.Delete(folder, recursive: true);
        Assert.That(Run(metaTrains: false), Is.True);
        Assert.That(File.Exists(Path.Combine(folder, Checkpoint.ThetaFile)), Is.False);
        Assert.That(Run(trainsBaseline: false), Is.True);
        Assert.That(Baseline(), Is.EqualTo(baseline));
        Assert.That(File.Exists(Path.Combine(folder, Checkpoint.ThetaFile)), Is.True);
    }

    [Test]
    public void Run_CancelledAtOnce_RemovesTheBaselineOfTheTrainingBefore()
    {
        _ = Run();
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.That(Run(cancellation: source.Token), Is.False);
        Assert.That(File.Exists(Path.Combine(folder, Checkpoint.BaselinesFile)), Is.False);
    }

    // Ten updates in whole steps, at least one: here of 5 examples in parts of so many.
    [TestCase(0, 10)]
    [TestCase(2, 3)]
    [TestCase(1, 2)]
    public void Run_ToTheEnd_LeavesReferenceEpisodesOfTenUpdates(int batch, int steps)
    {
        _ = Run(trainsBaseline: false, batch: batch);
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "reference", "reference.json")));
        Assert.That(reference.RootElement.GetProperty("steps").GetInt32(), Is.EqualTo(steps));
    }

    private bool Run(
        bool resume = false,
        IProgress<TrainingProgress>? progress = null,
        int iterations = Iterations,
        double rate = 0.01,
        TrainingStart? start = null,
        bool metaTrains = true,
        bool trainsBaseline = true,
        string engine = "torch",
        TrainingDevice? device = null,
        string course = "\"validateEvery\": 2",
        string name = "test",
        int batch = 0,
        CancellationToken cancellation = default
    )
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "{{name}}", "seed": 7,
              "network": { "type": "mlp", "hidden": [8] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": {
                "type": "fomaml", "engine": "{{engine}}", "iterations": {{iterations}}, "tasksPerBatch": 3,
                {{course}}, "validationEpisodes": 2, "checkpointEvery": 3
              },
              "inner": { "rate": {{rate.ToString(CultureInfo.InvariantCulture)}}, "batch": {{batch}}, "steps": 1 }
            }
            """,
            "test"
        );
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), folder, new StoppedClock())
        {
            Start = start,
            MetaTrains = metaTrains,
            Device = device,
            TrainsBaseline = trainsBaseline,
        };
        return session.Run(2, resume, progress ?? new Recorder(), cancellation);
    }

    private float[] Baseline() =>
        [
            .. Checkpoint
                .Read(folder, Checkpoint.BaselinesFile)
                .Tensors.OrderBy(t => t.Key, StringComparer.Ordinal)
                .SelectMany(t => t.Value.Values),
        ];

    private Dictionary<string, byte[]> Files() =>
        Directory.EnumerateFiles(folder).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes, StringComparer.Ordinal);

    /// <summary>A clock that stands still: only intervals of iterations cause reports.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }

    /// <summary>Remembers what was reported of the baseline and acts when it reaches an iteration.</summary>
    private sealed class Recorder(int at = -1, Action? act = null) : IProgress<TrainingProgress>
    {
        private readonly List<TrainingProgress> lines = [];

        public IEnumerable<string> Stages => lines.Select(l => l.Stage).Distinct(StringComparer.Ordinal);

        public int[] Iterations => [.. lines.Where(l => l.Stage == JointSession.Stage).Select(l => l.Iteration)];

        public void Report(TrainingProgress value)
        {
            lines.Add(value);
            if (value.Stage == JointSession.Stage && value.Iteration == at)
            {
                act!();
            }
        }
    }
}
