using System.Text.Json;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.TensorBoard;

namespace Kindling.Train.Session;

/// <summary>
/// A training with its folder: meta-training, then the joint baseline that evaluation compares with. Validates and saves at the recipe's intervals,
/// appends metrics as JSON lines, goes on from the last checkpoint, and saves before it leaves when it is cancelled.
/// </summary>
public sealed class TrainingSession(Recipe recipe, ITaskFamily tasks, string folder, TimeProvider time)
{
    /// <summary>What reports call meta-training.</summary>
    private const string Stage = "meta-training";

    /// <summary>Weights to start from instead of freshly drawn ones. A resumed training goes on from its checkpoint and takes none.</summary>
    public TrainingStart? Start { get; init; }

    /// <summary>Whether to meta-train, else only the joint baseline: both may run at once, each in a process or on a machine of its own.</summary>
    public bool MetaTrains { get; init; } = true;

    /// <summary>Whether to train the joint baseline.</summary>
    public bool TrainsBaseline { get; init; } = true;

    /// <summary>Folder that meta-training writes events for TensorBoard to; null for none.</summary>
    public string? TensorBoard { get; init; }

    /// <summary>Trains to the recipe's last iteration, until validations are no better any more where the recipe has patience, or until cancelled.</summary>
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
        if (!resume && TrainsBaseline)
        {
            joint.Clear();
        }

        return (!MetaTrains || MetaTrain(threads, resume, progress, cancellation))
            && (!TrainsBaseline || joint.Run(threads, progress, cancellation));
    }

    /// <summary>What a checkpoint says beside its tensors.</summary>
    internal static CheckpointState State(
        Recipe recipe,
        ITaskFamily tasks,
        NetworkGraphs network,
        int iteration,
        double seconds,
        (int Iteration, double Metric)? best,
        string? startedFrom = null,
        int validationsSinceBest = 0
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
            ValidationsSinceBest = validationsSinceBest,
            DataHash = tasks.DataHash,
            Licences = tasks.Licences,
            ToolVersion = typeof(TrainingSession).Assembly.GetName().Version!.ToString(3),
            Seconds = seconds,
            StartedFrom = startedFrom,
        };

    private bool MetaTrain(int threads, bool resume, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        using MetaTrainer trainer = new(recipe, tasks, threads, resume ? null : Start?.Tensors);
        (double before, string? startedFrom) = resume ? Resume(trainer) : (0, Start?.Hash);
        _ = Directory.CreateDirectory(folder);
        using TrainingLog log = new(folder, trainer.Iteration);
        using EventLog? events = TensorBoard is null ? null : new EventLog(TensorBoard, trainer.Iteration, recipe.Algorithm, time);
        return new TrainingLoop(recipe.Algorithm, time, Stage, new Watched(events, progress)).Run(
            trainer,
            line => log.Add(new(line.Iteration, line.Loss, line.Validation, Environment.WorkingSet / 1_000_000)),
            elapsed => Save(trainer, before + elapsed.TotalSeconds, startedFrom),
            cancellation
        );
    }

    private (double Seconds, string? StartedFrom) Resume(MetaTrainer trainer)
    {
        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.LastFile);
        if (state.DataHash != tasks.DataHash)
        {
            throw new BundleException(
                $"{folder}: the checkpoint was trained on data with hash {state.DataHash}, these have {tasks.DataHash}."
            );
        }

        IReadOnlyList<string> changes = RecipeChanges.Find(
            Recipe.Parse(state.Recipe.GetRawText(), $"{folder}: the checkpoint's recipe"),
            recipe
        );
        if (changes.Count > 0)
        {
            throw new BundleException(
                $"{folder}: the checkpoint was trained by another recipe: {string.Join(", ", changes)}. Go on with the recipe as it was, or start anew from its weights with --from."
            );
        }

        trainer.Restore(
            tensors,
            state.Iteration,
            state.BestIteration is { } best ? (best, state.BestMetric!.Value) : null,
            state.ValidationsSinceBest
        );
        return (state.Seconds, state.StartedFrom);
    }

    private void Save(MetaTrainer trainer, double seconds, string? startedFrom)
    {
        CheckpointState state = State(
            recipe,
            tasks,
            trainer.Network,
            trainer.Iteration,
            seconds,
            trainer.Best is { } found ? (found.Iteration, found.Metric) : null,
            startedFrom,
            trainer.ValidationsSinceBest
        );
        IReadOnlyList<FloatTensor> best = trainer.Best?.Parameters ?? trainer.Parameters;
        Dictionary<string, FloatTensor> theta = new(Checkpoint.Named(trainer.Network, best), StringComparer.Ordinal);
        for (int a = 0; a < trainer.Adapted.Count; a++)
        {
            theta[GraphSignature.Rate(trainer.Network.Parameters[trainer.Adapted[a]].Name)] = recipe.Inner.LearnsRates
                ? best[trainer.Network.Parameters.Count + a]
                : new FloatTensor([recipe.Inner.RateRows], [.. Enumerable.Range(0, recipe.Inner.RateRows).Select(recipe.Inner.RateOf)]);
        }

        Checkpoint.Write(folder, Checkpoint.ThetaFile, theta, state);
        ReferenceEpisodes.Write(trainer, recipe, tasks, best, Path.Combine(folder, "reference"));

        // Last, so that going on from it repeats what a kill in between left undone.
        Checkpoint.Write(folder, Checkpoint.LastFile, trainer.Snapshot(), state);
    }

    /// <summary>Puts every line of progress into the events as well.</summary>
    private sealed class Watched(EventLog? events, IProgress<TrainingProgress> progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            events?.Add(value);
            progress.Report(value);
        }
    }
}
