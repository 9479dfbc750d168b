using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Tasks.Control;
using Kindling.Train.Meta;
using Kindling.Train.Ranks;
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

    private static readonly string ToolVersion = typeof(TrainingSession).Assembly.GetName().Version!.ToString(3);

    /// <summary>Weights to start from instead of freshly drawn ones. A resumed training goes on from its checkpoint and takes none.</summary>
    public TrainingStart? Start { get; init; }

    /// <summary>Whether to meta-train, else only the joint baseline: both may run at once, each in a process or on a machine of its own.</summary>
    public bool MetaTrains { get; init; } = true;

    /// <summary>Whether to train the joint baseline; worlds to act in have none.</summary>
    public bool TrainsBaseline { get; init; } = true;

    /// <summary>Folder that meta-training writes events for TensorBoard to; null for none.</summary>
    public string? TensorBoard { get; init; }

    /// <summary>A device that computes the tasks; the processor if absent. One process uses one.</summary>
    public TrainingDevice? Device { get; init; }

    /// <summary>
    /// The processes that train together, each with a session of the same recipe and data: they share the tasks of an iteration and of a validation.
    /// Process 0 alone reads and writes the folder, reports, and needs <see cref="Start"/>. Their number changes nothing in the result.
    /// </summary>
    public IRanks Ranks { get; init; } = SingleProcess.Alone;

    /// <summary>Trains to the recipe's last iteration, until validations are no better any more where the recipe has patience, or until cancelled.</summary>
    /// <param name="threads">Tasks at a time.</param>
    /// <param name="resume">
    /// Whether to go on from the folder's checkpoint; where meta-training is finished, only a missing baseline is trained.
    /// </param>
    /// <param name="progress">Receives a line about every second and at every validation.</param>
    /// <param name="cancellation">Stops after the current iteration; the checkpoint is saved first.</param>
    /// <returns>Whether meta-training and baseline are finished.</returns>
    /// <exception cref="BundleException">
    /// The checkpoint to go on from is missing or of another recipe, or processes have different recipes or data.
    /// </exception>
    /// <exception cref="TrainingDivergedException">A loss or a parameter is not finite.</exception>
    /// <exception cref="RanksDifferException">Processes no longer have the same parameters.</exception>
    public bool Run(int threads, bool resume, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        CheckRanks();
        progress = Ranks.Rank == 0 ? progress : new Silence();
        OuterLoops.Check(recipe, Ranks, Device);
        JointSession joint = new(recipe, tasks, folder, time, Ranks, Device) { Start = Start };
        // what is finished goes only when what replaces it can begin
        void Begin()
        {
            if (!resume && TrainsBaseline)
            {
                joint.Clear();
            }

            if (!resume && MetaTrains && Ranks.Rank == 0)
            {
                // going on would go on with the earlier one; its result stays until there is another
                File.Delete(Path.Combine(folder, Checkpoint.LastFile));
            }
        }

        if (!MetaTrains)
        {
            Begin();
        }

        return (!MetaTrains || MetaTrain(threads, resume, Begin, progress, cancellation))
            && (!TrainsBaseline || tasks is IControlFamily || joint.Run(threads, progress, cancellation));
    }

    // Of the numbers of a detector's cell those behind its geometry are classes.
    private static int Outputs(NetworkSpec spec, Shape output) =>
        (int)(spec.FindsObjects() ? output[2].Size - DetectionGrid.Geometry : output[1].Size);

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
            Outputs = Outputs(recipe.Network, network.Infer.Output("output").Shape),
            Preprocessing = tasks.Preprocessing,
            Iteration = iteration,
            BestIteration = best?.Iteration,
            BestMetric = best?.Metric,
            ValidationsSinceBest = validationsSinceBest,
            DataHash = tasks.DataHash,
            Licences = tasks.Licences,
            ToolVersion = ToolVersion,
            Seconds = seconds,
            StartedFrom = startedFrom,
        };

    // What each process brings along; where they begin is shared later.
    private void CheckRanks()
    {
        if (Ranks.Count == 1)
        {
            return;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{recipe.ToJson()}\n{tasks.DataHash}\n{ToolVersion}"));
        if (Ranks.Unlike(hash) is { Count: > 0 } unlike)
        {
            throw new BundleException(
                $"Process {string.Join(", ", unlike)} of {Ranks.Count} has another recipe, other data or another version of this program than process 0; all need the same."
            );
        }
    }

    private bool MetaTrain(int threads, bool resume, Action begin, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        using MetaTrainer trainer = new(recipe, tasks, threads, resume ? null : Start?.Tensors, Ranks, Device);
        if (!resume && Ranks.Rank == 0)
        {
            TrainingStart.Require(trainer.Network, Start);
        }

        (double before, string? startedFrom, bool isRenewed) = resume && Ranks.Rank == 0 ? Resume(trainer) : (0, Start?.Hash, false);
        trainer.Share();
        if (Ranks.Rank == 0)
        {
            _ = Directory.CreateDirectory(folder);
        }

        begin();
        if (isRenewed)
        {
            // a training that is finished already is saved no more
            Save(trainer, before, startedFrom);
        }

        using TrainingLog? log = Ranks.Rank == 0 ? new TrainingLog(folder, trainer.Iteration) : null;
        using EventLog? events =
            TensorBoard is null || Ranks.Rank != 0 ? null : new EventLog(TensorBoard, trainer.Iteration, recipe.Algorithm, time);
        return new TrainingLoop(recipe.Algorithm, time, Stage, new Watched(events, progress), Ranks).Run(
            trainer,
            line => log?.Add(new(line.Iteration, line.Loss, line.Validation, Environment.WorkingSet / 1_000_000)),
            elapsed => Save(trainer, before + elapsed.TotalSeconds, startedFrom),
            cancellation
        );
    }

    // Whether the recipe is renewed: another name, or more iterations.
    private (double Seconds, string? StartedFrom, bool IsRenewed) Resume(MetaTrainer trainer)
    {
        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(folder, Checkpoint.LastFile);
        if (state.DataHash != tasks.DataHash)
        {
            throw new BundleException(
                $"{folder}: the checkpoint was trained on data with hash {state.DataHash}, these have {tasks.DataHash}."
            );
        }

        Recipe trained = Recipe.Parse(state.Recipe.GetRawText(), $"{folder}: the checkpoint's recipe");
        IReadOnlyList<string> changes = RecipeChanges.Find(trained, recipe);
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
        return (state.Seconds, state.StartedFrom, trained.ToJson() != recipe.ToJson());
    }

    private void Save(MetaTrainer trainer, double seconds, string? startedFrom)
    {
        if (Ranks.Rank != 0)
        {
            return;
        }

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

        Checkpoint.WriteNetwork(folder, recipe);
        Checkpoint.Write(folder, Checkpoint.ThetaFile, theta, state);
        ReferenceEpisodes.Write(trainer, recipe, tasks, best, Path.Combine(folder, "reference"));

        // Last, so that going on from it repeats what a kill in between left undone.
        Checkpoint.Write(folder, Checkpoint.LastFile, trainer.Snapshot(), state);
    }

    private sealed class Silence : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) { }
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
