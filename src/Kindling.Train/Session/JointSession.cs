using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Ranks;

namespace Kindling.Train.Session;

/// <summary>
/// The training of the joint baseline with its two files: <c>joint.safetensors</c> to go on from while it runs, and
/// <c>baselines.safetensors</c> with the result, which takes its place at the end. Process 0 alone reads and writes them.
/// </summary>
internal sealed class JointSession(
    Recipe recipe,
    ITaskFamily tasks,
    string folder,
    TimeProvider time,
    IRanks ranks,
    TrainingDevice? device = null
)
{
    /// <summary>What reports call this training.</summary>
    public const string Stage = "joint baseline";

    private const string UnfinishedFile = "joint.safetensors";

    /// <summary>Weights that meta-training starts from; of them the baseline takes those that stay as they are.</summary>
    public TrainingStart? Start { get; init; }

    /// <summary>Removes what an earlier training left.</summary>
    public void Clear()
    {
        if (ranks.Rank != 0)
        {
            return;
        }

        foreach (string file in new[] { UnfinishedFile, Checkpoint.BaselinesFile }.Select(f => Path.Combine(folder, f)).Where(File.Exists))
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Trains the baseline, unless the folder holds that of this recipe and these data; goes on from an unfinished one. Files of another recipe or
    /// of other data do not count and are replaced.
    /// </summary>
    /// <returns>Whether the baseline is there.</returns>
    public bool Run(int threads, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        if (ranks.Any(Read(Checkpoint.BaselinesFile) is not null))
        {
            return true;
        }

        using JointTrainer trainer = new(recipe, tasks, threads, ranks, device, Frozen());
        double before = 0;
        double seconds = 0;
        if (Read(UnfinishedFile) is var (tensors, state))
        {
            trainer.Restore(tensors, state.Iteration);
            before = seconds = state.Seconds;
        }

        trainer.Share();
        bool finished = new TrainingLoop(recipe.Algorithm, time, Stage, progress, ranks).Run(
            trainer,
            _ => { },
            elapsed =>
            {
                seconds = before + elapsed.TotalSeconds;
                if (ranks.Rank == 0)
                {
                    Checkpoint.Write(folder, UnfinishedFile, trainer.Snapshot(), State(trainer, seconds));
                }
            },
            cancellation
        );
        if (finished && ranks.Rank == 0)
        {
            Checkpoint.Write(folder, Checkpoint.BaselinesFile, trainer.Baseline, State(trainer, seconds));
            File.Delete(Path.Combine(folder, UnfinishedFile));
        }

        return finished;
    }

    // A resumed training has no start, but a checkpoint, which has them too.
    private IReadOnlyDictionary<string, FloatTensor>? Frozen() =>
        recipe.Adapters is null || ranks.Rank != 0 ? null
        : Start is not null ? Start.Tensors
        : Checkpoint.Read(folder, Checkpoint.ThetaFile).Tensors;

    private CheckpointState State(JointTrainer trainer, double seconds) =>
        TrainingSession.State(recipe, tasks, trainer.Network, trainer.Iteration, seconds, best: null, StartedFrom());

    private string? StartedFrom() =>
        recipe.Adapters is null ? null
        : Start is not null ? Start.Hash
        : Checkpoint.Read(folder, Checkpoint.ThetaFile).State.StartedFrom;

    private (IReadOnlyDictionary<string, FloatTensor> Tensors, CheckpointState State)? Read(string file)
    {
        if (ranks.Rank != 0 || !File.Exists(Path.Combine(folder, file)))
        {
            return null;
        }

        (IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state) = Checkpoint.Read(folder, file);
        return state.IsOf(recipe, tasks.DataHash, StartedFrom()) ? (tensors, state) : null;
    }
}
