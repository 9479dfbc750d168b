using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Measures how many tasks a second meta-training gets through: real episodes, outer step included, validation left out.</summary>
public static class TrainBenchmark
{
    private const int Runs = 3;
    private const string FirstOrder = "fomaml";

    // The rate of the outer step may fall to 0 or beyond at the recipe's last iteration; a benchmark never gets there.
    private const int Endless = int.MaxValue;

    /// <summary>Time of a run.</summary>
    public static TimeSpan RunTime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Time before the first run that does not count.</summary>
    public static TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Measures a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="BundleException">The data do not fit the recipe.</exception>
    public static TrainBenchmarkReport Measure(Recipe recipe, ITaskFamily tasks, int threads, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentNullException.ThrowIfNull(time);
        return new TrainBenchmarkReport
        {
            Model = recipe.Name,
            Algorithm = recipe.Algorithm.Type,
            Threads = threads,
            Runs = Runs,
            SecondsPerRun = RunTime.TotalSeconds,
            TasksPerSecond = Rate(recipe, tasks, threads, time),
            FirstOrderTasksPerSecond = Rate(recipe.WithAlgorithm(FirstOrder), tasks, threads, time),
        };
    }

    private static double Rate(Recipe recipe, ITaskFamily tasks, int threads, TimeProvider time)
    {
        using MetaTrainer trainer = new(recipe.With(Endless, seed: null), tasks, threads);
        _ = Run(trainer, WarmUp, time);
        double[] rates = new double[Runs];
        for (int run = 0; run < Runs; run++)
        {
            rates[run] = Run(trainer, RunTime, time) * recipe.Algorithm.TasksPerBatch;
        }

        return Statistics.Median(rates);
    }

    // iterations a second
    private static double Run(MetaTrainer trainer, TimeSpan length, TimeProvider time)
    {
        long started = time.GetTimestamp();
        int iterations = 0;
        TimeSpan elapsed;
        do
        {
            float loss = trainer.Step();
            if (!float.IsFinite(loss))
            {
                throw new BundleException($"Training diverged: the loss is {loss} at iteration {trainer.Iteration}.");
            }

            iterations++;
            elapsed = time.GetElapsedTime(started);
        } while (elapsed < length);

        return iterations / elapsed.TotalSeconds;
    }
}
