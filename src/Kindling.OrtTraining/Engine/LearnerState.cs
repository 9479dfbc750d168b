using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>A learner at one moment. Immutable.</summary>
internal sealed class LearnerState
{
    /// <summary>Adapted parameters and statistics by name.</summary>
    internal required IReadOnlyDictionary<string, FloatTensor> Tensors { get; init; }

    internal required Heads Heads { get; init; }

    /// <summary>Steps from the meta-initialisation to here.</summary>
    internal int Steps { get; init; }

    /// <summary>How pictures are inverted; null: as the bundle says.</summary>
    internal ImageInversion? Invert { get; init; }

    /// <summary>A number that is not finite, with its tensor's name; null where all are.</summary>
    internal (string Name, float Value)? NotFinite()
    {
        foreach ((string name, FloatTensor tensor) in Tensors)
        {
            int index = Array.FindIndex(tensor.Values, value => !float.IsFinite(value));
            if (index >= 0)
            {
                return (name, tensor.Values[index]);
            }
        }

        return null;
    }

    /// <summary>The same state with another threshold.</summary>
    internal LearnerState Calibrated(float threshold) =>
        new()
        {
            Tensors = Tensors,
            Heads = Heads.Calibrated(threshold),
            Steps = Steps,
            Invert = Invert,
        };

    internal static LearnerState Of(DeltaFile delta, Heads heads) =>
        new()
        {
            Tensors = delta.Tensors,
            Heads = heads,
            Steps = delta.Steps,
            Invert = delta.Invert,
        };

    internal DeltaFile ToDelta(BundleManifest manifest) =>
        new()
        {
            Base = manifest.BaseIdentity,
            Name = manifest.Name,
            Classes = Heads.Classes,
            Steps = Steps,
            Invert = Invert,
            ConfidenceThreshold = Heads.Threshold,
            Tensors = Tensors,
        };
}
