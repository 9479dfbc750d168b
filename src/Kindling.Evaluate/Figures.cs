using System.Numerics.Tensors;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate;

/// <summary>Episodes as the runtime takes them, and the metric of what it gives back.</summary>
internal static class Figures
{
    /// <summary>The metric of detectors.</summary>
    public const string DetectionMetric = "mAP@0.5";

    /// <summary>The metric's name.</summary>
    public static string Metric(BundleManifest manifest) =>
        manifest.IsClassification ? "accuracy"
        : manifest.IsLanguage ? "bitsPerByte"
        : manifest.IsDetection ? DetectionMetric
        : "mse";

    /// <summary>Whether more of the metric is better.</summary>
    public static bool MoreIsBetter(BundleManifest manifest) => manifest.IsClassification || manifest.IsDetection;

    /// <summary>The support set of an episode.</summary>
    public static SupportSet Support(BundleManifest manifest, Episode episode) =>
        manifest.IsClassification
            ? SupportSet.FromTensors(
                episode.SupportX,
                [.. episode.SupportY.Values.Select(v => (int)v)],
                [.. Enumerable.Range(0, episode.Classes.Count).Select(i => $"class {i:000}")]
            )
            : SupportSet.FromTargets(episode.SupportX, episode.SupportY);

    /// <summary>Accuracy (a fraction) of outputs <c>[n, slots]</c>, bits per byte of <c>[n, length, codes]</c>, mean average precision of <c>[n, cells, 5 + slots]</c>, or the mean squared error.</summary>
    public static double Of(BundleManifest manifest, FloatTensor output, FloatTensor y)
    {
        if (manifest.IsLanguage)
        {
            return LanguagePreprocessing.BitsPerByte(output, y);
        }

        if (manifest.IsDetection)
        {
            return manifest.ForObjects().MeanAveragePrecision(output, y);
        }

        if (!manifest.IsClassification)
        {
            return SquaredError(output.Values, y.Values);
        }

        int slots = output.Shape[1];
        return Accuracy(
            [.. Enumerable.Range(0, y.Count).Select(i => TensorPrimitives.IndexOfMax(output.Values.AsSpan(i * slots, slots)))],
            y
        );
    }

    /// <summary>The text that windows predict, byte by byte.</summary>
    public static byte[] Text(FloatTensor targets) => [.. targets.Values.Where(code => code > 0).Select(code => (byte)(code - 1))];

    /// <summary>Fraction of right classes.</summary>
    public static double Accuracy(IReadOnlyList<int> classes, FloatTensor y) =>
        (double)classes.Zip(y.Values).Count(p => p.First == (int)p.Second) / y.Count;

    /// <summary>Mean squared error.</summary>
    public static double SquaredError(IEnumerable<float> output, IEnumerable<float> y) =>
        output.Zip(y, (a, b) => (double)(a - b) * (a - b)).Average();
}
