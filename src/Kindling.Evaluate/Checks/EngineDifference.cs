namespace Kindling.Evaluate.Checks;

/// <summary>How far apart two engines are that compute the same.</summary>
internal static class EngineDifference
{
    /// <summary>
    /// The largest difference of two results of one length, in shares of the largest finite value expected, or of 1 where that is larger. Equal values differ by 0, infinite ones
    /// and NaN too; where one alone is NaN or infinite, they are infinitely far apart.
    /// </summary>
    public static double Of(IReadOnlyList<double> expected, IReadOnlyList<double> got)
    {
        double scale = 1;
        double largest = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            if (expected[i].Equals(got[i]))
            {
                scale = double.IsFinite(expected[i]) ? Math.Max(scale, Math.Abs(expected[i])) : scale;
                continue;
            }

            if (!double.IsFinite(expected[i]) || !double.IsFinite(got[i]))
            {
                return double.PositiveInfinity;
            }

            scale = Math.Max(scale, Math.Abs(expected[i]));
            largest = Math.Max(largest, Math.Abs(expected[i] - got[i]));
        }

        return largest / scale;
    }
}
