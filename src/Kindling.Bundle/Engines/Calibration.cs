namespace Kindling.Bundles;

/// <summary>
/// From which confidence on a prediction counts, found from the support set alone. Confidence is the probability of the most likely class (Hendrycks and Gimpel
/// 2017), rescaled by the number of classes n, (n p - 1) / (n - 1): 0 where all are equally likely. Learners that are adapted to parts of the support set tell how
/// sure a learner is of inputs of its classes, from examples that were left out, and of inputs of none, from classes that were left out (open-set recognition by
/// classes held out, as Liu et al. 2020 do in training). The threshold is where both kinds of error are together rarest.
/// </summary>
/// <remarks>
/// Known to be imperfect: learners that lack examples are less sure than the one that has them all, and classes that a user chose are often nearer to each other
/// than what comes from outside; both raise the threshold.
/// </remarks>
internal static class Calibration
{
    /// <summary>Most parts that examples, and that classes, are left out in.</summary>
    internal const int Folds = 5;

    /// <summary>With one example a class there are only inputs of no class: the share of them that may pass.</summary>
    internal const double Passing = 0.2;

    /// <summary>With two classes there are only inputs of a class: the share of them that may fail.</summary>
    internal const double Failing = 0.1;

    /// <summary>The confidence of class probabilities; 0 for a single class, of which nobody can tell.</summary>
    internal static float Confidence(IReadOnlyList<float> probabilities)
    {
        int count = probabilities.Count;
        return count < 2 ? 0 : Math.Max(0, ((count * probabilities.Max()) - 1) / (count - 1));
    }

    /// <summary>The threshold for a support set.</summary>
    /// <exception cref="ArgumentException">The model is a regression, or there are neither three classes nor two examples of any.</exception>
    internal static float Threshold(IAdaptableModel model, SupportSet support, CancellationToken cancellation)
    {
        if (support.Labels is not { } labels)
        {
            throw new ArgumentException(
                $"'{model.Manifest.Name}' is a {model.Manifest.Task} model: only a classification can be calibrated.",
                nameof(support)
            );
        }

        if (model.Manifest.InnerRule.Examples is { } all)
        {
            throw new ArgumentException(
                $"Adaptation of '{model.Manifest.Name}' reads exactly {all} examples, so that none can be left out to calibrate.",
                nameof(support)
            );
        }

        int[] ranks = Ranks(labels);
        List<float> inside = [];
        List<float> outside = [];
        int most = ranks.Max() + 1;
        for (int fold = 0; fold < Math.Min(most, Folds) && most > 1; fold++)
        {
            // The only example of a class stays.
            bool Held(int i) => ranks[i] % Folds == fold && labels.Count(l => l == labels[i]) > 1;
            inside.AddRange(Scores(model, support, Held, cancellation));
        }

        int classes = support.Classes.Count;
        int groups = Math.Min(classes, Folds);
        for (int group = 0; group < groups && classes > 2; group++)
        {
            outside.AddRange(Scores(model, support, i => labels[i] % groups == group, cancellation));
        }

        return Of(inside, outside)
            ?? throw new ArgumentException(
                $"Calibration takes at least three classes, or two examples of a class; got {classes} classes with one example each.",
                nameof(support)
            );
    }

    /// <summary>The threshold for the confidence of inputs of the classes, and of none; null where there are neither.</summary>
    internal static float? Of(IReadOnlyCollection<float> inside, IReadOnlyCollection<float> outside)
    {
        if (inside.Count == 0 || outside.Count == 0)
        {
            return outside.Count > 0 ? Quantile(outside, 1 - Passing)
                : inside.Count > 0 ? Quantile(inside, Failing)
                : null;
        }

        // Between two neighbours every threshold makes the same errors; the middle one is taken, and the lowest at a tie.
        float[] values = [.. inside.Concat(outside).Distinct().Order()];
        float[] candidates = [values[0], .. values.Zip(values.Skip(1), (a, b) => (a + b) / 2)];
        return candidates.MinBy(t => Share(inside, c => c < t) + Share(outside, c => c >= t));
    }

    private static double Share(IReadOnlyCollection<float> values, Func<float, bool> counts) => (double)values.Count(counts) / values.Count;

    private static float Quantile(IReadOnlyCollection<float> values, double share)
    {
        float[] ordered = [.. values.Order()];
        double at = share * (ordered.Length - 1);
        int below = (int)at;
        float next = ordered[Math.Min(below + 1, ordered.Length - 1)];
        return ordered[below] + ((float)(at - below) * (next - ordered[below]));
    }

    /// <summary>How sure a learner that was adapted to the other examples is of those held out.</summary>
    private static IEnumerable<float> Scores(
        IAdaptableModel model,
        SupportSet support,
        Func<int, bool> held,
        CancellationToken cancellation
    )
    {
        int[] left = [.. Enumerable.Range(0, support.Count).Where(i => !held(i))];
        int[] away = [.. Enumerable.Range(0, support.Count).Where(held)];
        if (away.Length == 0)
        {
            return [];
        }

        using ILearner learner = model.CreateLearner();
        _ = learner.Adapt(support.Part(left), cancellationToken: cancellation);
        return [.. learner.PredictBatch(support.Choose(away).Inputs).Select(p => Confidence(p.Values))];
    }

    /// <summary>The number of each example among those of its class.</summary>
    private static int[] Ranks(IReadOnlyList<int> labels)
    {
        Dictionary<int, int> seen = [];
        return [.. labels.Select(label => seen[label] = seen.GetValueOrDefault(label, -1) + 1)];
    }
}
