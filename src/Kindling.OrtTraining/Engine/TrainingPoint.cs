using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>What a training step tells of the parameters that it read.</summary>
/// <param name="Loss">Mean loss of the batch.</param>
/// <param name="Statistics">The batch's own statistics, by the names of the parameters that hold those to evaluate with.</param>
internal readonly record struct TrainingPoint(float Loss, IReadOnlyDictionary<string, FloatTensor> Statistics);
