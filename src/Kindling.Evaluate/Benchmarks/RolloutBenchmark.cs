using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Tasks.Control;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// Measures how many steps a second worlds are lived through: alone, with actions that are drawn from one distribution, and with a policy of two layers of 100 units in ONNX
/// Runtime. Each thread has tasks of its own, 20 episodes side by side, as in training.
/// </summary>
public static class RolloutBenchmark
{
    private const int Runs = 3;
    private const int Episodes = 20;

    /// <summary>Time of a run where no other is asked for.</summary>
    public static TimeSpan RunTime { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Measures families of worlds, one after the other.</summary>
    /// <param name="types">The families, as <see cref="TaskFamilies.ControlTypes"/> has them.</param>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="runTime">Time of a run; <see cref="RunTime"/> if absent.</param>
    /// <exception cref="BundleException">A type is none of worlds to act in.</exception>
    /// <exception cref="DllNotFoundException">A family needs a library that is not there.</exception>
    public static RolloutBenchmarkReport Measure(IReadOnlyList<string> types, int threads, TimeProvider time, TimeSpan? runTime = null)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentNullException.ThrowIfNull(time);
        TimeSpan length = runTime ?? RunTime;
        return new RolloutBenchmarkReport
        {
            Threads = threads,
            Episodes = Episodes,
            Runs = Runs,
            SecondsPerRun = length.TotalSeconds,
            Families = [.. types.Select(type => Measure(type, threads, length, time))],
        };
    }

    private static RolloutBenchmarkFamily Measure(string type, int threads, TimeSpan length, TimeProvider time)
    {
        if (!TaskFamilies.ControlTypes.Contains(type))
        {
            throw new BundleException(
                $"'{type}' is no family of worlds to act in, expected one of {string.Join(", ", TaskFamilies.ControlTypes)}."
            );
        }

        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "rollouts", "description": "", "seed": 1, "network": { "type": "policy", "hidden": [100, 100] },
              "tasks": { "type": "{{type}}", "shots": {{Episodes}}, "queries": {{Episodes}} },
              "algorithm": { "type": "maml", "iterations": 1, "tasksPerBatch": 1 },
              "inner": { "rate": 0.1, "loss": "policy-gradient" }
            }
            """,
            "rollouts"
        );
        IControlFamily worlds = (IControlFamily)TaskFamilies.Create(recipe.Tasks, "");
        NetworkGraphs network = recipe.Build(worlds.InputShape, worlds.OutputCount);
        using PolicySession session = new(network);
        using PolicySession.Acting acting = session.With(MetaTrainer.Initialise(network, seed: 1));
        FloatTensor still = FloatTensor.Zeros(Episodes, worlds.OutputCount);
        return new RolloutBenchmarkFamily
        {
            Family = type,
            StepsPerSecond = Median(_ => still),
            StepsPerSecondWithPolicy = Median(acting.Act),
        };

        double Median(Func<FloatTensor, FloatTensor> policy)
        {
            _ = Rate(worlds, policy, threads, length / 4, time);
            return Statistics.Median([.. Enumerable.Range(0, Runs).Select(_ => Rate(worlds, policy, threads, length, time))]);
        }
    }

    private static double Rate(
        IControlFamily worlds,
        Func<FloatTensor, FloatTensor> policy,
        int threads,
        TimeSpan length,
        TimeProvider time
    )
    {
        long started = time.GetTimestamp();
        long steps = 0;
        Parallel.For(
            0,
            threads,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            thread =>
            {
                for (ulong task = 0; task == 0 || time.GetElapsedTime(started) < length; task++)
                {
                    ulong seed = new SeededRandom((ulong)thread, task).NextUInt64();
                    Trajectory[] lived = Rollouts.Collect(
                        worlds,
                        () => worlds.Create(Split.Train, new SeededRandom(seed)),
                        policy,
                        Episodes,
                        seed
                    );
                    _ = Interlocked.Add(ref steps, lived.Sum(t => t.Length));
                }
            }
        );
        return steps / time.GetElapsedTime(started).TotalSeconds;
    }
}
