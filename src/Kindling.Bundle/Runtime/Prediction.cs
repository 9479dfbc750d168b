namespace Kindling.Bundles;

/// <summary>The prediction for one input.</summary>
public sealed class Prediction
{
    /// <summary>The most likely class; null for regression.</summary>
    public required string? Label { get; init; }

    /// <summary>Names of <see cref="Values"/>: class names in slot order, or the outputs' names.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Classification: probabilities that sum to 1. Regression: the outputs.</summary>
    public required IReadOnlyList<float> Values { get; init; }

    /// <summary>
    /// Whether the input is likely to be of one of the classes at all; false means "none of these". Null where the learner is not calibrated (see
    /// <see cref="ILearner.Calibrate"/>) and for regression.
    /// </summary>
    public bool? IsConfident { get; init; }

    /// <summary>
    /// How sure the prediction is, from 0, all classes equally likely, to 1: (n p - 1) / (n - 1) for the highest of n probabilities; 0 for a single class; NaN for
    /// regression.
    /// </summary>
    public float Confidence => Label is null ? float.NaN : Calibration.Confidence(Values);

    /// <summary>The value of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public float this[string name]
    {
        get
        {
            for (int i = 0; i < Names.Count; i++)
            {
                if (Names[i] == name)
                {
                    return Values[i];
                }
            }

            throw new KeyNotFoundException($"Expected one of {string.Join(", ", Names)}; got '{name}'.");
        }
    }

    /// <summary>Label and probability, or the values.</summary>
    public override string ToString() => Label is null ? string.Join(", ", Values) : $"{Label} ({this[Label]:0.000})";
}
