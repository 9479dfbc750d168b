using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Measures how many tasks a second meta-training gets through: real episodes, outer step included, validation left out.</summary>
public static class TrainBenchmark
{
    private const int Runs = 3;
    private const string FirstOrder = "fomaml";

    // The rate of the outer step may fall to 0 or beyond at the recipe's last iteration; a benchmark never gets there.
    private const int Endless = int.MaxValue;

    /// <summary>Time of a run where no other is asked for.</summary>
    public static TimeSpan RunTime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Time before the first run that does not count.</summary>
    public static TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Measures a recipe; all that is compared takes its runs in turn.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="handWritten">Whether MAML as written by hand for libtorch is measured as well, where the recipe is one of MAML with plain SGD.</param>
    /// <param name="device">A device that computes the tasks, hand-written ones as well; the processor if absent.</param>
    /// <param name="runTime">Time of a run; <see cref="RunTime"/> if absent.</param>
    /// <exception cref="BundleException">The data do not fit the recipe, or training diverged.</exception>
    public static TrainBenchmarkReport Measure(
        Recipe recipe,
        ITaskFamily tasks,
        int threads,
        TimeProvider time,
        bool handWritten = false,
        TrainingDevice? device = null,
        TimeSpan? runTime = null
    )
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentNullException.ThrowIfNull(time);
        TimeSpan length = runTime ?? RunTime;
        Recipe endless = recipe.With(Endless, seed: null);
        using MetaTrainer second = new(endless, tasks, threads, device: device);
        using MetaTrainer first = new(endless.WithAlgorithm(FirstOrder), tasks, threads, device: device);
        bool comparable = handWritten && recipe.Algorithm.Type == "maml" && HandWrittenMaml.Fault(recipe) is null;
        using HandWrittenMaml? handSecond = comparable ? new(recipe, tasks, threads, secondOrder: true, device) : null;
        using HandWrittenMaml? handFirst = comparable ? new(recipe, tasks, threads, secondOrder: false, device) : null;
        Func<float>?[] steps =
        [
            second.Step,
            first.Step,
            handSecond is null ? null : handSecond.Step,
            handFirst is null ? null : handFirst.Step,
        ];
        double[][] rates = [.. steps.Select(_ => new double[Runs])];
        foreach (Func<float> step in steps.OfType<Func<float>>())
        {
            _ = Run(step, WarmUp, time);
        }

        for (int run = 0; run < Runs; run++)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                if (steps[i] is { } step)
                {
                    rates[i][run] = Run(step, length, time) * recipe.Algorithm.TasksPerBatch;
                }
            }
        }

        double? Median(int i) => steps[i] is null ? null : Statistics.Median(rates[i]);
        return new TrainBenchmarkReport
        {
            Model = recipe.Name,
            Algorithm = recipe.Algorithm.Type,
            Engine = recipe.Algorithm.Engine,
            Device = device?.Name ?? "cpu",
            Threads = threads,
            Runs = Runs,
            SecondsPerRun = length.TotalSeconds,
            TasksPerSecond = Median(0)!.Value,
            FirstOrderTasksPerSecond = Median(1)!.Value,
            HandWrittenTasksPerSecond = Median(2),
            HandWrittenFirstOrderTasksPerSecond = Median(3),
        };
    }

    // iterations a second
    private static double Run(Func<float> step, TimeSpan length, TimeProvider time)
    {
        long started = time.GetTimestamp();
        int iterations = 0;
        TimeSpan elapsed;
        do
        {
            float loss = step();
            if (!float.IsFinite(loss))
            {
                throw new BundleException($"Training diverged: the loss is {loss} after {iterations + 1} iterations of a run.");
            }

            iterations++;
            elapsed = time.GetElapsedTime(started);
        } while (elapsed < length);

        return iterations / elapsed.TotalSeconds;
    }
}
