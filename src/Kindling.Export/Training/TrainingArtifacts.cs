using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export.Training;

/// <summary>
/// The files with which <c>Microsoft.ML.OnnxRuntime.Training</c> 1.19.2 adapts a bundle: one training step is one inner step. Its user inputs are x, y and, for
/// classification, mask; its parameters are the manifest's in order, then the statistics.
/// </summary>
/// <remarks>
/// The learning rate of a session is 0.001 until it is set, whatever the files say: set the manifest's <c>trainingRates</c>. Statistics (normalisation <c>support</c>) come out of a
/// training step as <c>NAME.next</c> and are copied into the parameter of that name before evaluation.
/// </remarks>
public static class TrainingArtifacts
{
    /// <summary>The folder within the bundle.</summary>
    public const string Folder = TrainingFolder.Name;

    /// <summary>The training model.</summary>
    public const string TrainingModel = TrainingFolder.TrainingModel;

    /// <summary>The evaluation model.</summary>
    public const string EvaluationModel = TrainingFolder.EvaluationModel;

    /// <summary>The optimiser model.</summary>
    public const string OptimizerModel = TrainingFolder.OptimizerModel;

    /// <summary>The checkpoint with the meta-initialisation.</summary>
    public const string CheckpointFile = TrainingFolder.Checkpoint;

    /// <summary>The checkpoint without numbers.</summary>
    public const string NominalCheckpointFile = TrainingFolder.NominalCheckpoint;

    /// <summary>The files by name; checked.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inner">The inner rule.</param>
    /// <param name="rates">Its rates as sessions take them.</param>
    /// <param name="classification">Whether the model classifies.</param>
    /// <param name="tensors">Parameters and statistics by name.</param>
    /// <param name="rateFactor">What the session's rate of 0.001 is multiplied by, for runtimes that cannot set it; 1 in a bundle.</param>
    /// <exception cref="GraphException">A name that the runtime reserves, or a checkpoint that does not hold what the models ask for.</exception>
    public static IReadOnlyDictionary<string, byte[]> Create(
        NetworkGraphs network,
        InnerSpec inner,
        SessionRates rates,
        bool classification,
        IReadOnlyDictionary<string, FloatTensor> tensors,
        float rateFactor = 1
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(rates);
        ArgumentNullException.ThrowIfNull(tensors);
        Graph training = BundleGraphs.Training(network, inner, rates.Factors, classification);
        Graph evaluation = BundleGraphs.Evaluation(network, inner, classification);
        string[] trainable = [.. network.Parameters.Where(p => inner.Adapts(p)).Select(p => p.Name)];
        string[] frozen =
        [
            .. network.Parameters.Where(p => !inner.Adapts(p)).Select(p => p.Name),
            .. network.Statistics.Select(statistic => statistic.Name),
        ];
        byte[] checkpoint = Checkpoint(trainable, frozen, tensors, nominal: false);
        Check(training, evaluation, checkpoint, tensors);
        return new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [TrainingModel] = OrtTrainingWriter.TrainingModel(training, trainable),
            [EvaluationModel] = OnnxWriter.ToBytes(evaluation),
            [OptimizerModel] =
                inner.Optimizer == "sgd"
                    ? OrtTrainingWriter.Sgd(rateFactor)
                    : OrtTrainingWriter.AdamW(inner.Beta1, inner.Beta2, inner.Epsilon, inner.WeightDecay, rateFactor),
            [CheckpointFile] = checkpoint,
            [NominalCheckpointFile] = Checkpoint(trainable, frozen, tensors, nominal: true),
        };
    }

    private static byte[] Checkpoint(string[] trainable, string[] frozen, IReadOnlyDictionary<string, FloatTensor> tensors, bool nominal) =>
        TrainingCheckpoint.Write(
            [.. trainable.Select(name => (name, tensors[name]))],
            [.. frozen.Select(name => (name, tensors[name]))],
            nominal
        );

    /// <summary>
    /// What the runtime gets wrong without an error: parameters of the evaluation model in another order compute something else, and one that the checkpoint
    /// lacks is taken for data.
    /// </summary>
    private static void Check(Graph training, Graph evaluation, byte[] checkpoint, IReadOnlyDictionary<string, FloatTensor> tensors)
    {
        string[] inputs = [.. training.Inputs.Select(input => input.Name)];
        if (!inputs.SequenceEqual(evaluation.Inputs.Select(input => input.Name)))
        {
            throw new GraphException(
                $"Training and evaluation model need the same inputs in the same order, they have {string.Join(", ", inputs)} and "
                    + $"{string.Join(", ", evaluation.Inputs.Select(input => input.Name))}."
            );
        }

        (IReadOnlyDictionary<string, FloatTensor> trainable, IReadOnlyDictionary<string, FloatTensor> frozen) = TrainingCheckpoint.Read(
            checkpoint
        );
        foreach (string name in inputs.Except(["x", "y", "mask"], StringComparer.Ordinal))
        {
            FloatTensor? read = trainable.GetValueOrDefault(name) ?? frozen.GetValueOrDefault(name);
            if (
                read is null
                || !read.Shape.SequenceEqual(tensors[name].Shape)
                || !read.Values.SequenceEqual(tensors[name].Values)
                || !training.Input(name).Shape.ToSizes().SequenceEqual(read.Shape.Select(size => (long)size))
            )
            {
                throw new GraphException($"The checkpoint does not hold the parameter '{name}' {training.Input(name).Shape} as it is.");
            }
        }
    }
}
