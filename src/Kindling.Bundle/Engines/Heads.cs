namespace Kindling.Bundles;

/// <summary>Which class stands in which head slot (classification), or the names of the outputs (regression).</summary>
internal sealed class Heads
{
    private Heads(BundleManifest manifest, string[] classes, string[] names)
    {
        IsClassification = manifest.IsClassification;
        IsLanguage = manifest.IsLanguage;
        IsDetection = manifest.IsDetection;
        Slots = manifest.Output.Count;
        FixedNames = manifest.Output.Names;
        Classes = classes;
        Names = names;
    }

    private Heads(Heads other, float? threshold)
    {
        IsClassification = other.IsClassification;
        IsLanguage = other.IsLanguage;
        IsDetection = other.IsDetection;
        Slots = other.Slots;
        FixedNames = other.FixedNames;
        Classes = other.Classes;
        Names = other.Names;
        Threshold = threshold;
    }

    internal bool IsClassification { get; }

    private bool IsLanguage { get; }

    private bool IsDetection { get; }

    /// <summary>All slots.</summary>
    internal int Slots { get; }

    /// <summary>Class names in slot order; empty before the first adaptation and for regression.</summary>
    internal string[] Classes { get; }

    /// <summary>Names of the values that a prediction gives, one for each of <see cref="Used"/>.</summary>
    internal string[] Names { get; }

    /// <summary>Slots, from 0, that count; without classes all do.</summary>
    internal int Used => Names.Length;

    /// <summary>The confidence from which on predictions count; null where nobody has found it out.</summary>
    internal float? Threshold { get; }

    private IReadOnlyList<string>? FixedNames { get; }

    /// <summary>The same heads with another threshold.</summary>
    internal Heads Calibrated(float? threshold) => new(this, threshold);

    internal static Heads Initial(BundleManifest manifest)
    {
        int count = manifest.Output.Count;
        if (manifest.HasClasses)
        {
            return manifest.Output.Names is { } labels
                ? new Heads(manifest, [.. labels], [.. labels])
                : new Heads(manifest, [], [.. Enumerable.Range(0, count).Select(slot => $"{slot}")]);
        }

        string[] names =
            manifest.Output.Names is { } given ? [.. given]
            : count == 1 ? ["y"]
            : [.. Enumerable.Range(0, count).Select(output => $"y.{output}")];
        return new Heads(manifest, [], names);
    }

    /// <summary>Heads with given classes, as a delta brings them.</summary>
    internal static Heads Of(BundleManifest manifest, IReadOnlyList<string> classes) =>
        manifest.HasClasses && manifest.Output.Names is null && classes.Count > 0
            ? new Heads(manifest, [.. classes], [.. classes])
            : Initial(manifest);

    /// <summary>Float [slots] of 1 for those that count and 0 for the others.</summary>
    internal float[] Mask()
    {
        float[] mask = new float[Slots];
        mask.AsSpan(0, Used).Fill(1f);
        return mask;
    }

    /// <summary>The slot of each class of some examples, -1 where these heads lack it.</summary>
    internal int[] SlotsOf(SupportSet examples) => [.. examples.Classes.Select(name => Array.IndexOf(Classes, name))];

    /// <summary>The slot of each example, whose classes these heads have.</summary>
    internal long[] LabelsOf(SupportSet examples)
    {
        int[] slots = SlotsOf(examples);
        return [.. examples.Labels!.Select(label => (long)slots[label])];
    }

    /// <summary>Probabilities of the used slots, or the outputs.</summary>
    /// <param name="outputs">Raw outputs of one input, one for each slot.</param>
    /// <param name="scores">Gets <see cref="Used"/> numbers; may be longer.</param>
    /// <returns>The best slot; -1 for regression.</returns>
    internal int Score(ReadOnlySpan<float> outputs, Span<float> scores)
    {
        if (IsLanguage)
        {
            throw new InvalidOperationException(
                "A language model has neither labels nor values: ask for the next bytes or words, or for the score of a text."
            );
        }

        if (IsDetection)
        {
            throw new InvalidOperationException("A detector has no label for a whole picture: ask it to detect.");
        }

        outputs = outputs[..Used];
        if (!IsClassification)
        {
            outputs.CopyTo(scores);
            return -1;
        }

        int best = 0;
        for (int i = 1; i < outputs.Length; i++)
        {
            best = outputs[i] > outputs[best] ? i : best;
        }

        double sum = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double e = Math.Exp(outputs[i] - outputs[best]);
            scores[i] = (float)e;
            sum += e;
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            scores[i] = (float)(scores[i] / sum);
        }

        return best;
    }

    /// <summary>The prediction that scores make.</summary>
    internal Prediction Prediction(int best, float[] scores) =>
        new()
        {
            Label = best < 0 ? null : Names[best],
            Names = Names,
            Values = scores,
            IsConfident = best < 0 || Threshold is not { } least ? null : Calibration.Confidence(scores) >= least,
        };

    /// <summary>The predictions that raw outputs <c>[n, slots]</c> make, row by row.</summary>
    internal Prediction[] Predictions(FloatTensor outputs)
    {
        Prediction[] predictions = new Prediction[outputs.Shape[0]];
        for (int i = 0; i < predictions.Length; i++)
        {
            float[] scores = new float[Used];
            predictions[i] = Prediction(Score(outputs.Values.AsSpan(i * Slots, Slots), scores), scores);
        }

        return predictions;
    }

    /// <summary>These heads with further classes in the next free slots, for other parameters: a threshold of theirs is forgotten.</summary>
    /// <exception cref="ArgumentException">A class outside a fixed label space, or more classes than slots.</exception>
    internal Heads With(BundleManifest manifest, IReadOnlyList<string> classes)
    {
        string[] added = [.. classes.Except(Classes, StringComparer.Ordinal)];
        if (added.Length == 0)
        {
            return Threshold is null ? this : Calibrated(null);
        }

        if (FixedNames is not null)
        {
            throw new ArgumentException(
                $"The label '{added[0]}' is outside the label space of '{manifest.Name}': {string.Join(", ", FixedNames)}.",
                nameof(classes)
            );
        }

        string[] all = [.. Classes, .. added];
        return all.Length <= Slots
            ? new Heads(manifest, all, all)
            : throw new ArgumentException(
                $"'{manifest.Name}' has {Slots} head slots, the examples make {all.Length} classes: {string.Join(", ", all)}.",
                nameof(classes)
            );
    }
}
