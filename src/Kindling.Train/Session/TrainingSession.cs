using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Session;

/// <summary>
/// A training with its folder: meta-training, then the joint baseline that evaluation compares with. Validates and saves at the recipe's intervals,
/// appends metrics as JSON lines, goes on from the last checkpoint, and saves before it leaves when it is cancelled.
/// </summary>
public sealed class TrainingSession(Recipe recipe, ITaskFamily tasks, string folder, TimeProvider time)
{
    /// <summary>What reports call meta-training.</summary>
    private const string Stage = "meta-training";

    // A training that diverges says NaN in its metrics, too.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Trains to the recipe's last iteration, or until cancelled.</summary>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="resume">
    /// Whether to go on from the folder's checkpoint; where meta-training is finished, only a missing baseline is trained.
    /// </param>
    /// <param name="progress">Receives a line about every second and at every validation.</param>
    /// <param name="cancellation">Stops after the current iteration; the checkpoint is saved first.</param>
    /// <returns>Whether meta-training and baseline are finished.</returns>
    /// <exception cref="BundleException">The checkpoint to go on from is missing or of another recipe.</exception>
    public bool Run(int threads, bool resume, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        JointSession joint = new(recipe, tasks, folder, time);
        if (!resume)
        {
            joint.Clear();
        }

        return MetaTrain(threads, resume, progress, cancellation) && joint.Run(threads, progress, cancellation);
    }

    /// <summary>What a checkpoint says beside its tensors.</summary>
    internal static CheckpointState State(
        Recipe recipe,
        ITaskFamily tasks,
        NetworkGraphs network,
        int iteration,
        double seconds,
        (int Iteration, double Metric)? best
    ) =>
        new()
        {
            Recipe = JsonDocument.Parse(recipe.ToJson()).RootElement,
            IsClassification = tasks.IsClassification,
            InputShape = tasks.InputShape,
            Outputs = (int)network.Infer.Output("output").Shape[1].Size,
            Preprocessing = tasks.Preprocessing,
            Iteration = iteration,
            BestIteration = best?.Iteration,
            BestMetric = best?.Metric,
            DataHash = tasks.DataHash,
            Licences = tasks.Licences,
            ToolVersion = typeof(TrainingSession).Assembly.GetName().Version!.ToString(3),
            Seconds = seconds,
        };

    private bool MetaTrain(int threads, bool resume, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        using MetaTrainer trainer = new(recipe, tasks, threads);
        double before = resume ? Resume(trainer) : 0;
        _ = Directory.CreateDirectory(folder);
        using StreamWriter metrics = new(Path.Combine(folder, "metrics.jsonl"), append: resume);
        return new TrainingLoop(recipe.Algorithm, time, Stage, progress).Run(
            trainer,
            line =>
            {
                metrics.WriteLine(
                    JsonSerializer.Serialize(
                        new
                        {
                            iteration = line.Iteration,
                            loss = line.Loss,
                            validation = line.Validation,
                            residentMegabytes = Environment.WorkingSet / 1_000_000,
                        },
                        Json
                    )
                );
                metrics.Flush();
            },
            elapsed => Save(trainer, before + elapsed.TotalSeconds),
            cancellation
        );
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
        CheckpointState state = State(
            recipe,
            tasks,
            trainer.Network,
            trainer.Iteration,
            seconds,
            trainer.Best is { } found ? (found.Iteration, found.Metric) : null
        );
        IReadOnlyList<FloatTensor> best = trainer.Best?.Parameters ?? trainer.Parameters;
        Dictionary<string, FloatTensor> theta = new(Checkpoint.Named(trainer.Network, best), StringComparer.Ordinal);
        foreach (int i in trainer.Adapted)
        {
            theta[trainer.Network.Parameters[i].Name + ".rate"] = new FloatTensor([1], [(float)recipe.Inner.Rate]);
        }

        Checkpoint.Write(folder, Checkpoint.ThetaFile, theta, state);
        ReferenceEpisodes.Write(trainer, recipe, tasks, best, Path.Combine(folder, "reference"));

        // Last, so that going on from it repeats what a kill in between left undone.
        Checkpoint.Write(folder, Checkpoint.LastFile, trainer.Snapshot(), state);
    }
}
