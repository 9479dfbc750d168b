using CsCheck;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Ranks;

namespace Kindling.Train.Tests;

/// <summary>Several processes compute the bits of one.</summary>
public sealed class RanksTests
{
    private const int Iterations = 3;
    private const int Width = 3 + 4 + 1;

    [Test]
    public void Mean_OfAnyNumberOfTasksRunsAndProcesses_HasTheBitsOfOneProcess()
    {
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 9], Gen.Int[1, 16], Gen.Int[0, 1000])
            .Sample(
                (tasks, processes, together, seed) =>
                {
                    float[] alone = Mean(SingleProcess.Alone, tasks, together, seed);
                    float[][] values = [.. Enumerable.Range(0, tasks).Select(t => Values(seed, t))];
                    Assert.That(alone, Is.EqualTo(Enumerable.Range(0, Width).Select(i => Tree(values, i, 0, tasks) / tasks)));
                    foreach (float[] mean in ThreadRanks.Succeed(processes, ranks => Mean(ranks, tasks, together, seed)))
                    {
                        Assert.That(mean, Is.EqualTo(alone), $"{tasks} tasks, {together} in a run, {processes} processes");
                    }
                },
                iter: 200,
                threads: 1
            );
    }

    [Test]
    public void Take_OfAllProcesses_CoversEachRunOnce([Values(1, 7, 25)] int tasks, [Values(1, 13)] int together)
    {
        (int From, int To)[] shares = ThreadRanks.Succeed(4, ranks => new TaskGradients(Learned, tasks, ranks).Take(together));
        int runs = (tasks + together - 1) / together;
        Assert.That(shares.SelectMany(s => Enumerable.Range(s.From, s.To - s.From)), Is.EqualTo(Enumerable.Range(0, runs)));
        Assert.That(shares.Max(s => s.To - s.From), Is.EqualTo((runs + 3) / 4));
    }

    // 25 tasks are two runs of the graph engine: with more processes some have nothing to compute.
    [TestCase("graph", 25)]
    [TestCase("graph", 7)]
    [TestCase("torch", 7)]
    public void Step_OnSeveralProcesses_HasTheBitsOfOne(string engine, int tasks)
    {
        float[] alone = Train(SingleProcess.Alone, engine, tasks, out double[] validation);
        Assert.That(alone, Has.Some.Not.Zero);
        for (int processes = 2; processes <= 4; processes++)
        {
            (float[] Parameters, double[] Validation)[] results = ThreadRanks.Succeed(
                processes,
                ranks => (Train(ranks, engine, tasks, out double[] measured), measured)
            );
            Assert.That(results.Select(r => r.Parameters), Has.All.EqualTo(alone), $"{processes} processes");
            Assert.That(results.Select(r => r.Validation), Has.All.EqualTo(validation), $"{processes} processes");
        }
    }

    [Test]
    public void Compare_AfterABitHasFlipped_NamesIterationAndProcessInAll()
    {
        (_, Exception?[] errors) = ThreadRanks.Run(
            3,
            ranks =>
            {
                using MetaTrainer trainer = Trainer(ranks, "torch", 3);
                _ = trainer.Step();
                trainer.Compare();
                trainer.Parameters[1].Values[2] += ranks.Rank == 1 ? 1e-6f : 0;
                trainer.Compare();
                return 0;
            }
        );
        Assert.That(
            errors,
            Has.All.TypeOf<RanksDifferException>()
                .With.Message.StartsWith("After iteration 1 the parameters of process 1 of 3 are not those of process 0.")
        );
    }

    [Test]
    public void Share_OfDifferentStates_GivesAllThatOfProcess0()
    {
        float[][] parameters = ThreadRanks.Succeed(
            3,
            ranks =>
            {
                using MetaTrainer trainer = Trainer(ranks, "torch", 3, seed: (ulong)ranks.Rank + 1);
                trainer.Share();
                trainer.Compare();
                return Flatten(trainer);
            }
        );
        using MetaTrainer expected = Trainer(SingleProcess.Alone, "torch", 3);
        Assert.That(parameters, Has.All.EqualTo(Flatten(expected)));
    }

    private static ParameterSpec[] Learned { get; } =
    [new("a", [3], InitialDistribution.Zeros, 1, false), new("b", [2, 2], InitialDistribution.Zeros, 1, false)];

    private static float[] Mean(IRanks ranks, int tasks, int together, int seed)
    {
        TaskGradients gradients = new(Learned, tasks, ranks);
        (int from, int to) = gradients.Take(together);
        for (int t = from * together; t < Math.Min(to * together, tasks); t++)
        {
            float[] values = Values(seed, t);
            values.AsSpan(0, Learned[0].Count).CopyTo(gradients[t][0].Span);
            values.AsSpan(Learned[0].Count, Learned[1].Count).CopyTo(gradients[t][1].Span);
            gradients.Losses[t] = values[^1];
        }

        (IReadOnlyList<Memory<float>> mean, float loss) = gradients.Mean();
        return [.. mean.SelectMany(m => m.ToArray()), loss];
    }

    // A task's gradient and loss.
    private static float[] Values(int seed, int task)
    {
        SeededRandom random = new((ulong)seed, (ulong)task);
        return [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle(-1, 1))];
    }

    // The order of summation, written once more.
    private static float Tree(float[][] values, int i, int from, int to) =>
        to - from == 1 ? values[from][i] : Tree(values, i, from, from + ((to - from) / 2)) + Tree(values, i, from + ((to - from) / 2), to);

    private static float[] Train(IRanks ranks, string engine, int tasks, out double[] validation)
    {
        using MetaTrainer trainer = Trainer(ranks, engine, tasks);
        for (int i = 0; i < Iterations; i++)
        {
            _ = trainer.Step();
        }

        validation = trainer.Validate();
        return Flatten(trainer);
    }

    private static MetaTrainer Trainer(IRanks ranks, string engine, int tasks, ulong seed = 1)
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": {{seed}},
              "network": { "type": "mlp", "hidden": [8] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
              "algorithm": { "type": "maml", "engine": "{{engine}}", "iterations": 10, "tasksPerBatch": {{tasks}}, "validationEpisodes": 7 },
              "inner": { "rate": 0.01, "steps": 1 }
            }
            """,
            "test"
        );
        return new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads: 2, ranks: ranks);
    }

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];
}
