namespace Kindling.Bundles;

/// <summary>A checked validation set: predicts its inputs, each by itself as an app does, and compares.</summary>
internal sealed class Judge
{
    private readonly SupportSet _examples;
    private readonly AdaptMetric _metric;

    /// <summary>What a detector's outputs say; null for other models.</summary>
    private readonly DetectionGrid? _grid;

    /// <summary>The heads that <see cref="_slots"/> are of.</summary>
    private Heads _heads;

    /// <summary>The head slot of each example, -1 where the heads lack its class; null for regression.</summary>
    private int[]? _slots;

    /// <summary>Checks a validation set.</summary>
    /// <param name="manifest">The model's manifest.</param>
    /// <param name="heads">The heads with the classes of the support set.</param>
    /// <param name="validation">The examples.</param>
    /// <param name="metric">What to judge by.</param>
    /// <exception cref="ArgumentException">The examples do not fit the model, a class is unknown, or the metric is not for this model.</exception>
    internal Judge(BundleManifest manifest, Heads heads, SupportSet validation, AdaptMetric metric)
    {
        _ = InputCheck.Examples(manifest, validation, nameof(validation));
        _examples = validation;
        _metric = metric;
        _grid = manifest.IsDetection ? manifest.ForObjects() : null;
        _heads = heads;
        _slots = Slots(heads);
        if (_slots is null && metric == AdaptMetric.Accuracy)
        {
            throw new ArgumentException(
                $"'{manifest.Name}' predicts {(_grid is null ? "numbers" : "boxes")}, which have no accuracy: judge by the loss.",
                nameof(metric)
            );
        }

        int unknown = Array.IndexOf(_slots ?? [], -1);
        if (unknown >= 0)
        {
            throw new ArgumentException(
                $"Validation example {unknown} is of the class '{validation.Classes[validation.Labels![unknown]]}', the learner has {string.Join(", ", heads.Classes)}.",
                nameof(validation)
            );
        }

        if (validation.Unknown(heads) is { } name)
        {
            throw new ArgumentException(
                $"The validation set has an object of the class '{name}', the learner has {string.Join(", ", heads.Classes)}.",
                nameof(validation)
            );
        }
    }

    /// <summary>The inputs to predict, each by itself.</summary>
    internal FloatTensor Inputs => _examples.Inputs;

    /// <summary>How a point does.</summary>
    /// <param name="heads">Its heads; they may lack classes, whose examples are then wrong, with an infinite loss.</param>
    /// <param name="outputs">Its raw outputs <c>[n, slots]</c> for <see cref="Inputs"/>.</param>
    internal Score Score(Heads heads, FloatTensor outputs)
    {
        if (_grid is not null)
        {
            if (_examples.Unknown(heads) is not null)
            {
                return new Score(_metric, float.PositiveInfinity, float.PositiveInfinity);
            }

            float all = (float)_grid.Loss(outputs.Values, _examples.TargetsFor(heads, _grid).Values);
            return new Score(_metric, all, all);
        }

        if (_slots is null && outputs.Rank == 3)
        {
            float nats = (float)(LanguagePreprocessing.BitsPerByte(outputs, _examples.Targets!) * Math.Log(2));
            return new Score(_metric, nats, nats);
        }

        if (_slots is null)
        {
            float error = (float)
                outputs.Values.Zip(_examples.Targets!.Values, (output, target) => (double)(output - target) * (output - target)).Average();
            return new Score(_metric, error, error);
        }

        if (!ReferenceEquals(heads, _heads))
        {
            (_heads, _slots) = (heads, Slots(heads)!);
        }

        float[] scores = new float[heads.Used];
        double loss = 0;
        int right = 0;
        for (int i = 0; i < _slots.Length; i++)
        {
            ReadOnlySpan<float> row = outputs.Values.AsSpan(i * heads.Slots, heads.Slots);
            int best = heads.Score(row, scores);
            right += best == _slots[i] ? 1 : 0;

            // From the outputs: a probability that rounds to 0 has no logarithm. The best slot's is 1 / sum.
            loss += _slots[i] < 0 ? double.PositiveInfinity : row[best] - row[_slots[i]] - Math.Log(scores[best]);
        }

        float mean = (float)(loss / _slots.Length);
        return new Score(_metric, _metric == AdaptMetric.Accuracy ? (float)right / _slots.Length : mean, mean);
    }

    private int[]? Slots(Heads heads)
    {
        int[] slots = heads.SlotsOf(_examples);
        return _examples.Labels?.Select(label => slots[label]).ToArray();
    }
}
