using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Ranks;
using Kindling.Train.Session;

namespace Kindling.Train.Tests;

/// <summary>A training on several processes: who reads and writes, and how all of them end.</summary>
public sealed class RanksSessionTests
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
    public void Run_OnProcesses_WritesTheFilesOfOneFromProcess0Alone([Values(2, 3, 4)] int processes)
    {
        Assert.That(Run(SingleProcess.Alone, "alone"), Is.True);
        Assert.That(ThreadRanks.Succeed(processes, ranks => Run(ranks, $"rank{ranks.Rank}")), Has.All.True);
        AssertSame("rank0");
        Assert.That(Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)), Is.EquivalentTo(new[] { "alone", "rank0" }));
        Assert.That(File.ReadLines(In("rank0", "metrics.jsonl")).Count(), Is.EqualTo(File.ReadLines(In("alone", "metrics.jsonl")).Count()));
    }

    [Test]
    public void Run_CancelledInOneProcess_StopsAllAndGoesOnWithAnotherNumber([Values("meta-training", "joint baseline")] string stage)
    {
        _ = Run(SingleProcess.Alone, "alone");
        bool[] finished = ThreadRanks.Succeed(
            3,
            ranks =>
            {
                using CancellationTokenSource source = new();
                // Not the process that writes.
                IRanks asked = ranks.Rank == 2 ? new Asked(ranks, stage == "meta-training" ? 4 : Iterations + 6, source) : ranks;
                return Run(asked, "run", cancellation: source.Token);
            }
        );
        Assert.That(finished, Has.All.False);
        string file = stage == "meta-training" ? Checkpoint.LastFile : "joint.safetensors";
        Assert.That(Checkpoint.Read(In("run"), file).State.Iteration, Is.InRange(1, Iterations - 1));
        Assert.That(ThreadRanks.Succeed(2, ranks => Run(ranks, "run", resume: true)), Has.All.True);
        AssertSame("run");
    }

    [Test]
    public void Run_WithABitFlippedInOneProcess_EndsAllBeforeTheNextCheckpoint()
    {
        (_, Exception?[] errors) = ThreadRanks.Run(3, ranks => Run(ranks.Rank == 1 ? new Flipping(ranks, iteration: 5) : ranks, "run"));
        Assert.That(
            errors,
            Has.All.TypeOf<RanksDifferException>()
                .With.Message.StartsWith("After iteration 6 the parameters of process 1 of 3 are not those of process 0.")
        );
        Assert.That(Checkpoint.Read(In("run"), Checkpoint.LastFile).State.Iteration, Is.EqualTo(3));
    }

    [Test]
    public void Run_ResumedWhenAllIsFinished_TrainsNothingInAnyProcess()
    {
        _ = Run(SingleProcess.Alone, "alone");
        byte[] before = File.ReadAllBytes(In("alone", Checkpoint.BaselinesFile));
        Assert.That(ThreadRanks.Succeed(3, ranks => Run(ranks, "alone", resume: true)), Has.All.True);
        Assert.That(File.ReadAllBytes(In("alone", Checkpoint.BaselinesFile)), Is.EqualTo(before));
    }

    [Test]
    public void Run_WithAnotherRecipeInOneProcess_IsRefusedInAll()
    {
        (_, Exception?[] errors) = ThreadRanks.Run(3, ranks => Run(ranks, "run", seed: ranks.Rank == 2 ? 8 : 7));
        Assert.That(
            errors,
            Has.All.TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "Process 2 of 3 has another recipe, other data or another version of this program than process 0; all need the same."
                )
        );
        Assert.That(Directory.Exists(In("run")), Is.False);
    }

    [Test]
    public void Run_ThatDiverges_SaysSoInAll()
    {
        (_, Exception?[] errors) = ThreadRanks.Run(2, ranks => Run(ranks, "run", rate: 1e30));
        Assert.That(errors, Has.All.TypeOf<TrainingDivergedException>());
    }

    [Test]
    public void Run_ResumedWithoutACheckpoint_FailsInProcess0AndEndsTheOthers()
    {
        (_, Exception?[] errors) = ThreadRanks.Run(2, ranks => Run(ranks, "run", resume: true));
        Assert.That(errors[0], Is.InstanceOf<BundleException>());
        Assert.That(errors[1], Is.Null);
    }

    private bool Run(
        IRanks ranks,
        string name,
        bool resume = false,
        double rate = 0.01,
        int seed = 7,
        CancellationToken cancellation = default
    )
    {
        Recipe recipe = Recipe.Parse(
            FormattableString.Invariant(
                $$"""
                {
                  "name": "test", "seed": {{seed}},
                  "network": { "type": "mlp", "hidden": [8] },
                  "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
                  "algorithm": {
                    "type": "fomaml", "iterations": {{Iterations}}, "tasksPerBatch": 5,
                    "validateEvery": 2, "validationEpisodes": 3, "checkpointEvery": 3
                  },
                  "inner": { "rate": {{rate:R}}, "steps": 1 }
                }
                """
            ),
            "test"
        );
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), In(name), TimeProvider.System) { Ranks = ranks };
        return session.Run(2, resume, new Progress<TrainingProgress>(), cancellation);
    }

    private string In(params ReadOnlySpan<string> parts) => Path.Combine([folder, .. parts]);

    private void AssertSame(string name)
    {
        foreach (string file in new[] { Checkpoint.LastFile, Checkpoint.ThetaFile, Checkpoint.BaselinesFile })
        {
            IReadOnlyDictionary<string, FloatTensor> expected = Checkpoint.Read(In("alone"), file).Tensors;
            IReadOnlyDictionary<string, FloatTensor> tensors = Checkpoint.Read(In(name), file).Tensors;
            Assert.That(tensors.Keys, Is.EquivalentTo(expected.Keys), file);
            Assert.That(
                expected.Keys.Select(key => tensors[key].Values),
                Is.EqualTo(expected.Keys.Select(key => expected[key].Values)),
                file
            );
        }
    }

    /// <summary>A process that is told to stop when it has been asked for the given time whether it was.</summary>
    private sealed class Asked(IRanks ranks, int times, CancellationTokenSource source) : IRanks
    {
        private int asked;

        public int Rank => ranks.Rank;

        public int Count => ranks.Count;

        public void Send(ReadOnlySpan<byte> data, int to) => ranks.Send(data, to);

        public void Receive(Span<byte> data, int from) => ranks.Receive(data, from);

        public void Broadcast(Span<byte> data, int from) => ranks.Broadcast(data, from);

        public bool Any(bool value)
        {
            bool any = ranks.Any(value);
            if (++asked == times)
            {
                source.Cancel();
            }

            return any;
        }
    }

    /// <summary>A process that receives the mean gradient of an iteration with one bit flipped.</summary>
    private sealed class Flipping(IRanks ranks, int iteration) : IRanks
    {
        // 25 numbers and the loss: nothing else that is broadcast is as long.
        private const int Gradient = 26 * sizeof(float);

        private int gradients;

        public int Rank => ranks.Rank;

        public int Count => ranks.Count;

        public void Send(ReadOnlySpan<byte> data, int to) => ranks.Send(data, to);

        public void Receive(Span<byte> data, int from) => ranks.Receive(data, from);

        public void Broadcast(Span<byte> data, int from)
        {
            ranks.Broadcast(data, from);
            if (data.Length == Gradient && ++gradients == iteration)
            {
                data[2] ^= 1;
            }
        }

        public bool Any(bool value) => ranks.Any(value);
    }
}
