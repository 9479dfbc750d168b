namespace Kindling.Bundles;

/// <summary>
/// Another sample rate by band-limited interpolation (Smith 1984): each sample of the result is a sum of input samples weighted by a sinc under a Hann window;
/// going down, the sinc cuts off what the lower rate cannot hold.
/// </summary>
internal static class Resampler
{
    // Zero crossings of the sinc on either side.
    private const int Crossings = 16;

    /// <summary>The same sound at another rate; what is before and behind it counts as silence.</summary>
    public static float[] Convert(ReadOnlySpan<float> samples, int from, int to)
    {
        if (from == to)
        {
            return samples.ToArray();
        }

        int divisor = Divisor(from, to);
        (int step, int phases) = (from / divisor, to / divisor);
        double cutoff = Math.Min(1, (double)to / from);
        int reach = (int)Math.Ceiling(Crossings / cutoff);
        float[][] weights = [.. Enumerable.Range(0, phases).Select(phase => Weights((double)phase / phases, reach, cutoff))];
        float[] result = new float[checked((int)Math.Max(1, (long)samples.Length * to / from))];
        for (int n = 0; n < result.Length; n++)
        {
            long position = (long)n * step;
            int at = (int)(position / phases) - reach + 1;
            float[] weight = weights[position % phases];
            int first = Math.Max(0, -at);
            int last = Math.Min(weight.Length, samples.Length - at);
            double sum = 0;
            for (int k = first; k < last; k++)
            {
                sum += weight[k] * samples[at + k];
            }

            result[n] = (float)sum;
        }

        return result;
    }

    // Of the input samples from reach - 1 before to reach behind, for a point that lies so much behind one of them.
    private static float[] Weights(double offset, int reach, double cutoff)
    {
        float[] weights = new float[2 * reach];
        for (int k = 0; k < weights.Length; k++)
        {
            double distance = k - reach + 1 - offset;
            double angle = Math.PI * cutoff * distance;
            double window = Math.Abs(distance) < reach ? 0.5 + (0.5 * Math.Cos(Math.PI * distance / reach)) : 0;
            weights[k] = (float)(cutoff * window * (angle == 0 ? 1 : Math.Sin(angle) / angle));
        }

        return weights;
    }

    private static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);
}
