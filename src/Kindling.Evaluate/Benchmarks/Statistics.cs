namespace Kindling.Evaluate.Benchmarks;

/// <summary>What benchmarks do with their samples.</summary>
internal static class Statistics
{
    /// <summary>The middle sample, or the mean of the two in the middle.</summary>
    public static double Median(ReadOnlySpan<double> samples)
    {
        double[] sorted = samples.ToArray();
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
