using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary>
/// <c>tfidf</c>: no network at all. A text is the bag of its small-letter words, each counted and weighted by its inverse document frequency among the texts of
/// the training classes, ln((1 + N) / (1 + df)) + 1, which a new word has in full, and of length 1; a query text has the class whose centroid of support texts
/// has the largest cosine (Rocchio classification, Manning, Raghavan and Schuetze 2008, section 14.2); at a tie the first.
/// </summary>
internal sealed class TfIdfBaseline : IBaseline
{
    private readonly Dictionary<string, double> _weights;
    private readonly double _ofNewWord;

    /// <summary>Counts the words of the training texts.</summary>
    public TfIdfBaseline(IReadOnlyList<string> texts)
    {
        double Weight(int documents) => Math.Log((1.0 + texts.Count) / (1 + documents)) + 1;
        _weights = texts
            .SelectMany(text => Words(text).Distinct(StringComparer.Ordinal))
            .CountBy(word => word, StringComparer.Ordinal)
            .ToDictionary(word => word.Key, word => Weight(word.Value), StringComparer.Ordinal);
        _ofNewWord = Weight(0);
    }

    public string Name => "tfidf";

    public double[] Measure(Episode episode)
    {
        Dictionary<string, double>[] centroids =
        [
            .. episode
                .SupportTexts!.Zip(episode.SupportY.Values)
                .GroupBy(example => (int)example.Second, example => Vector(example.First))
                .OrderBy(group => group.Key)
                .Select(Sum),
        ];
        return [Figures.Accuracy([.. episode.QueryTexts!.Select(text => Nearest(centroids, Vector(text)))], episode.QueryY)];
    }

    private static IEnumerable<string> Words(string text) => TextPreprocessing.Words(text.ToLowerInvariant());

    private Dictionary<string, double> Vector(string text) =>
        Unit(
            Words(text)
                .CountBy(word => word, StringComparer.Ordinal)
                .ToDictionary(
                    word => word.Key,
                    word => word.Value * _weights.GetValueOrDefault(word.Key, _ofNewWord),
                    StringComparer.Ordinal
                )
        );

    private static Dictionary<string, double> Sum(IEnumerable<Dictionary<string, double>> vectors) =>
        Unit(
            vectors
                .SelectMany(vector => vector)
                .GroupBy(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal)
                .ToDictionary(word => word.Key, word => word.Sum(), StringComparer.Ordinal)
        );

    private static Dictionary<string, double> Unit(Dictionary<string, double> vector)
    {
        double length = Math.Sqrt(vector.Values.Sum(v => v * v));
        return vector.ToDictionary(entry => entry.Key, entry => entry.Value / length, StringComparer.Ordinal);
    }

    private static int Nearest(Dictionary<string, double>[] centroids, Dictionary<string, double> text)
    {
        double[] cosines = [.. centroids.Select(centroid => text.Sum(entry => entry.Value * centroid.GetValueOrDefault(entry.Key)))];
        return Array.IndexOf(cosines, cosines.Max());
    }
}
