namespace Kindling.Evaluate;

/// <summary>Mean of a metric over episodes and the half-width of its 95 % interval, 1.96 s / sqrt(episodes), for each number of steps.</summary>
public sealed record MetricSeries(IReadOnlyList<double> Mean, IReadOnlyList<double> Ci95)
{
    /// <summary>The series of [episode][step] figures.</summary>
    public static MetricSeries Of(IReadOnlyList<double[]> episodes)
    {
        ArgumentNullException.ThrowIfNull(episodes);
        int steps = episodes[0].Length;
        double[] mean = new double[steps];
        double[] interval = new double[steps];
        for (int k = 0; k < steps; k++)
        {
            mean[k] = episodes.Average(e => e[k]);
            double square = episodes.Sum(e => (e[k] - mean[k]) * (e[k] - mean[k]));
            interval[k] = episodes.Count < 2 ? double.NaN : 1.96 * Math.Sqrt(square / (episodes.Count - 1)) / Math.Sqrt(episodes.Count);
        }

        return new(mean, interval);
    }
}
