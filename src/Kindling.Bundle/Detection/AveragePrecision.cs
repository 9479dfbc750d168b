namespace Kindling.Bundles;

/// <summary>
/// Average precision as COCO defines it (Lin et al. 2014): detections of a class over all pictures, best first, are matched to objects that they overlap; the precision at 101
/// levels of recall, each the best that is reached at this recall or a higher one, is averaged.
/// </summary>
public static class AveragePrecision
{
    private const int RecallSteps = 100;

    /// <summary>The mean over the classes that have objects.</summary>
    /// <param name="pictures">For each picture what was found and what there is.</param>
    /// <param name="overlap">Intersection over union from which on a detection is right.</param>
    /// <returns>0 to 1; NaN where there is no object at all.</returns>
    public static double Mean(
        IReadOnlyList<(IReadOnlyList<Detection> Found, IReadOnlyList<LabelledBox> Objects)> pictures,
        double overlap = 0.5
    )
    {
        ArgumentNullException.ThrowIfNull(pictures);
        string[] classes = [.. pictures.SelectMany(p => p.Objects).Select(o => o.Label).Distinct(StringComparer.Ordinal)];
        return classes.Length == 0 ? double.NaN : classes.Average(label => Of(label, pictures, overlap));
    }

    /// <summary>Of one class.</summary>
    /// <param name="label">The class.</param>
    /// <param name="pictures">For each picture what was found and what there is.</param>
    /// <param name="overlap">Intersection over union from which on a detection is right.</param>
    /// <returns>0 to 1; NaN where there is no object of the class.</returns>
    public static double Of(
        string label,
        IReadOnlyList<(IReadOnlyList<Detection> Found, IReadOnlyList<LabelledBox> Objects)> pictures,
        double overlap = 0.5
    )
    {
        ArgumentNullException.ThrowIfNull(pictures);
        int count = 0;
        List<(float Score, bool IsRight)> judged = [];
        foreach ((IReadOnlyList<Detection> found, IReadOnlyList<LabelledBox> objects) in pictures)
        {
            Box[] own = [.. objects.Where(o => o.Label == label).Select(o => o.Box)];
            count += own.Length;
            Judge([.. found.Where(d => d.Label == label).OrderByDescending(d => d.Score)], own, overlap, judged);
        }

        return count == 0 ? double.NaN : Area([.. judged.OrderByDescending(d => d.Score).Select(d => d.IsRight)], count);
    }

    private static void Judge(Detection[] found, Box[] objects, double overlap, List<(float Score, bool IsRight)> judged)
    {
        bool[] taken = new bool[objects.Length];
        foreach (Detection detection in found)
        {
            int match = -1;
            double best = overlap;
            for (int i = 0; i < objects.Length; i++)
            {
                double shared = detection.Box.IntersectionOverUnion(objects[i]);
                if (!taken[i] && shared >= best)
                {
                    (match, best) = (i, shared);
                }
            }

            if (match >= 0)
            {
                taken[match] = true;
            }

            judged.Add((detection.Score, match >= 0));
        }
    }

    private static double Area(bool[] right, int count)
    {
        double[] precision = new double[right.Length];
        double[] recall = new double[right.Length];
        int found = 0;
        for (int i = 0; i < right.Length; i++)
        {
            found += right[i] ? 1 : 0;
            precision[i] = found / (i + 1.0);
            recall[i] = found / (double)count;
        }

        for (int i = right.Length - 2; i >= 0; i--)
        {
            precision[i] = Math.Max(precision[i], precision[i + 1]);
        }

        double sum = 0;
        for (int step = 0, i = 0; step <= RecallSteps; step++)
        {
            while (i < recall.Length && recall[i] < step / (double)RecallSteps)
            {
                i++;
            }

            sum += i < precision.Length ? precision[i] : 0;
        }

        return sum / (RecallSteps + 1);
    }
}
