using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Session;

/// <summary>
/// A training with its folder: validates and saves at the recipe's intervals, appends metrics as JSON lines, goes on from the last checkpoint,
/// and saves before it leaves when it is cancelled.
/// </summary>
public sealed class TrainingSession(Recipe recipe, ITaskFamily tasks, string folder, TimeProvider time)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    // A training that diverges says NaN in its metrics, too.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Trains to the recipe's last iteration, or until cancelled.</summary>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="resume">Whether to go on from the folder's checkpoint.</param>
    /// <param name="progress">Receives a line about every second and at every validation.</param>
    /// <param name="cancellation">Stops after the current iteration; the checkpoint is saved first.</param>
    /// <returns>Whether the last iteration was reached.</returns>
    /// <exception cref="BundleException">The checkpoint to go on from is missing or of another recipe.</exception>
    public bool Run(int threads, bool resume, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        using MetaTrainer trainer = new(recipe, tasks, threads);
        double before = resume ? Resume(trainer) : 0;
        _ = Directory.CreateDirectory(folder);
        using StreamWriter metrics = new(Path.Combine(folder, "metrics.jsonl"), append: resume);
        long start = time.GetTimestamp();
        long stretchStart = start;
        int stretchIteration = trainer.Iteration;
        double lossSum = 0;
        while (trainer.Iteration < recipe.Algorithm.Iterations && !cancellation.IsCancellationRequested)
        {
            lossSum += trainer.Step();
            bool last = trainer.Iteration == recipe.Algorithm.Iterations;
            bool validate = last || trainer.Iteration % recipe.Algorithm.ValidateEvery == 0;
            double[]? validation = validate ? trainer.Validate() : null;
            TimeSpan stretch = time.GetElapsedTime(stretchStart);
            if (validate || stretch >= ReportEvery)
            {
                int count = trainer.Iteration - stretchIteration;
                double perIteration = stretch.TotalSeconds / count;
                progress.Report(
                    new(
                        trainer.Iteration,
                        recipe.Algorithm.Iterations,
                        recipe.Algorithm.TasksPerBatch / perIteration,
                        TimeSpan.FromSeconds(perIteration * (recipe.Algorithm.Iterations - trainer.Iteration)),
                        lossSum / count,
                        validation
                    )
                );
                if (validate)
                {
                    metrics.WriteLine(
                        JsonSerializer.Serialize(
                            new
                            {
                                iteration = trainer.Iteration,
                                loss = lossSum / count,
                                validation,
                            },
                            Json
                        )
                    );
                    metrics.Flush();
                }

                (stretchStart, stretchIteration, lossSum) = (time.GetTimestamp(), trainer.Iteration, 0);
            }

            if (last || trainer.Iteration % recipe.Algorithm.CheckpointEvery == 0)
            {
                Save(trainer, before + time.GetElapsedTime(start).TotalSeconds);
            }
        }

        if (trainer.Iteration < recipe.Algorithm.Iterations)
        {
            Save(trainer, before + time.GetElapsedTime(start).TotalSeconds);
            return false;
        }

        return true;
    }

    private double Resume(MetaTrainer trainer)
    {
        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.LastFile);
        if (state.DataHash != tasks.DataHash)
        {
            throw new BundleException(
                $"{folder}: the checkpoint was trained on data with hash {state.DataHash}, these have {tasks.DataHash}."
            );
        }

        trainer.Restore(tensors, state.Iteration, state.BestIteration is { } best ? (best, state.BestMetric!.Value) : null);
        return state.Seconds;
    }

    private void Save(MetaTrainer trainer, double seconds)
    {
        CheckpointState state = new()
        {
            Recipe = JsonDocument.Parse(recipe.ToJson()).RootElement,
            IsClassification = tasks.IsClassification,
            InputShape = tasks.InputShape,
            Outputs = tasks.IsClassification ? recipe.Tasks.Ways : tasks.OutputCount,
            Preprocessing = tasks.Preprocessing,
            Iteration = trainer.Iteration,
            BestIteration = trainer.Best?.Iteration,
            BestMetric = trainer.Best?.Metric,
            DataHash = tasks.DataHash,
            Licences = tasks.Licences,
            ToolVersion = typeof(TrainingSession).Assembly.GetName().Version!.ToString(3),
            Seconds = seconds,
        };
        Checkpoint.Write(folder, Checkpoint.LastFile, trainer.Snapshot(), state);
        IReadOnlyList<FloatTensor> best = trainer.Best?.Parameters ?? trainer.Parameters;
        Dictionary<string, FloatTensor> theta = new(Checkpoint.Named(trainer.Network, best), StringComparer.Ordinal);
        foreach (int i in trainer.Adapted)
        {
            theta[trainer.Network.Parameters[i].Name + ".rate"] = new FloatTensor([1], [(float)recipe.Inner.Rate]);
        }

        Checkpoint.Write(folder, Checkpoint.ThetaFile, theta, state);
        ReferenceEpisodes.Write(trainer, recipe, tasks, best, Path.Combine(folder, "reference"));
    }
}
