using System.Numerics.Tensors;
using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>Looks for examples that a person should check: equal ones, contradictions, and those that do not fit the rest.</summary>
internal static class SupportInspector
{
    /// <summary>Fewest examples of a class among which one can be an outlier.</summary>
    private const int FewestOfClass = 3;

    /// <summary>
    /// How much nearer another class must be than the own one. On Omniglot's validation characters (5 ways, 5 shots, 100 tasks) 0.5 % of the examples are
    /// reported without cause, and 75 % of those with a wrong label are found; with 1.25 it is 2.8 and 93 %, with 2 it is 0 and 41 %.
    /// </summary>
    private const double NearerBy = 1.5;

    /// <summary>Fewest points of a function among which one can be an outlier.</summary>
    private const int FewestPoints = 8;

    /// <summary>
    /// A residual beyond so many standard deviations, estimated from the median, is an outlier. Least squares spread an outlier over the other points, about
    /// a share of 1/n each, so that more could not be seen among <see cref="FewestPoints"/>.
    /// </summary>
    private const double Deviations = 4;

    /// <summary>Residuals below this share of the targets' standard deviation are no reason to doubt anything, however small the others are.</summary>
    private const double Negligible = 0.02;

    /// <summary>Standard deviation of a normal distribution over its median absolute deviation.</summary>
    private const double DeviationOverMedian = 1.4826;

    /// <summary>Examines a support set.</summary>
    /// <param name="before">The learner as it was, whose features know nothing of the labels.</param>
    /// <param name="after">The result of the adaptation, or null when there is none: then residuals are not looked at.</param>
    /// <param name="support">The examples, checked.</param>
    /// <param name="most">Most examples of a run; null for all.</param>
    internal static List<SupportFinding> Examine(Snapshot before, Snapshot? after, SupportSet support, int? most = null)
    {
        List<SupportFinding> findings = [.. EqualExamples.Find(support)];
        if (support.Labels is { } labels)
        {
            int[][] classes = [.. Enumerable.Range(0, support.Count).GroupBy(i => labels[i]).OrderBy(g => g.Key).Select(g => g.ToArray())];
            if (classes.Length > 1 && classes.Any(members => members.Length >= FewestOfClass))
            {
                // Once is enough: a contradiction is reported already.
                HashSet<int> known = [.. findings.Where(f => f.Kind == SupportFindingKind.Contradiction).SelectMany(f => f.Examples)];
                findings.AddRange(
                    FarFromTheirClass(Inference.Features(before, support.Inputs, support.Count, most), classes, support)
                        .Where(finding => !known.Contains(finding.Examples[0]))
                );
            }
        }
        else if (after is not null && after.Engine.Manifest is { IsLanguage: false, IsDetection: false } && support.Count >= FewestPoints)
        {
            findings.AddRange(FarFromTheFit(InnerPoint.Inductive(after, support.Inputs, support.Count, most), support.Targets!));
        }

        return findings;
    }

    /// <summary>In feature space, an example whose own class, without it, lies much farther away than another one.</summary>
    private static IEnumerable<SupportFinding> FarFromTheirClass(FloatTensor features, int[][] classes, SupportSet support)
    {
        int length = features.Count / features.Shape[0];
        float[][] centroids = Array.ConvertAll(classes, members => Centroid(features, members, length));
        for (int own = 0; own < classes.Length; own++)
        {
            foreach (int i in classes[own].Length >= FewestOfClass ? classes[own] : [])
            {
                float[] example = features.Values[(i * length)..((i + 1) * length)];
                float[] rest = Centroid(features, [.. classes[own].Where(j => j != i)], length);
                int nearest = Enumerable
                    .Range(0, classes.Length)
                    .Where(other => other != own)
                    .MinBy(other => TensorPrimitives.Distance(example, centroids[other]));
                if (TensorPrimitives.Distance(example, rest) > NearerBy * TensorPrimitives.Distance(example, centroids[nearest]))
                {
                    string other = EqualExamples.Label(support, classes[nearest][0]);
                    yield return new SupportFinding
                    {
                        Kind = SupportFindingKind.Outlier,
                        Examples = [i],
                        Message =
                            $"Example {i} ({EqualExamples.Label(support, i)}) looks like those of {other} and unlike the others of its class.",
                    };
                }
            }
        }
    }

    private static IEnumerable<SupportFinding> FarFromTheFit(FloatTensor outputs, FloatTensor targets)
    {
        int count = targets.Shape[0];
        int length = outputs.Count / count;
        double[] distances =
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    (double)TensorPrimitives.Distance(outputs.Values.AsSpan(i * length, length), targets.Values.AsSpan(i * length, length))
                ),
        ];
        double usual = distances.Order().ElementAt(count / 2);
        double least = Negligible * Math.Sqrt(length) * TensorPrimitives.StdDev<float>(targets.Values);
        for (int i = 0; i < count; i++)
        {
            if (distances[i] > Deviations * DeviationOverMedian * Math.Max(usual, least))
            {
                yield return new SupportFinding
                {
                    Kind = SupportFindingKind.Outlier,
                    Examples = [i],
                    Message =
                        $"Example {i} is {distances[i]:0.###} away from what the fitted model predicts, most are within {usual:0.###}.",
                };
            }
        }
    }

    private static float[] Centroid(FloatTensor features, int[] members, int length)
    {
        float[] mean = new float[length];
        foreach (int i in members)
        {
            TensorPrimitives.Add(mean, features.Values.AsSpan(i * length, length), mean);
        }

        TensorPrimitives.Divide(mean, members.Length, mean);
        return mean;
    }
}
