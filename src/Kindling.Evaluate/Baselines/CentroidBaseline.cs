using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary><c>centroid</c>: a query example has the class whose mean of support features is nearest (Euclid); at a tie the first.</summary>
internal sealed class CentroidBaseline(JointFeatures features) : IBaseline
{
    public string Name => "centroid";

    public double[] Measure(Episode episode)
    {
        (FloatTensor support, FloatTensor query) = features.Of(episode);
        return [Figures.Accuracy(Nearest(support, episode.SupportY, query), episode.QueryY)];
    }

    /// <summary>The class of each query row.</summary>
    /// <param name="support">Features <c>[n, F]</c>.</param>
    /// <param name="labels">Class numbers <c>[n]</c>, each class from 0 to the largest at least once.</param>
    /// <param name="query">Features <c>[m, F]</c>.</param>
    internal static int[] Nearest(FloatTensor support, FloatTensor labels, FloatTensor query)
    {
        int width = support.Shape[1];
        float[][] centroids =
        [
            .. support
                .Values.Chunk(width)
                .Zip(labels.Values)
                .GroupBy(row => (int)row.Second, row => row.First)
                .OrderBy(rows => rows.Key)
                .Select(rows => Enumerable.Range(0, width).Select(f => rows.Average(row => row[f])).ToArray()),
        ];
        return
        [
            .. query
                .Values.Chunk(width)
                .Select(row =>
                    Enumerable
                        .Range(0, centroids.Length)
                        .MinBy(c => System.Numerics.Tensors.TensorPrimitives.Distance<float>(row, centroids[c]))
                ),
        ];
    }
}
