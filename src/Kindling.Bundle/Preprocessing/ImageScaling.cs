namespace Kindling.Bundles;

/// <summary>
/// One axis of a separable resize: for every target pixel the source pixels that it sees and their weights. The source
/// lies centred in a (possibly longer) padded axis; the weight that falls on the padding is what is missing to 1.
/// </summary>
/// <remarks>
/// With S the length of the padded axis, T the target's and r = S / T: where r is at least 1, target pixel t is the
/// average of the padded axis over [t r, (t + 1) r); else it is linearly interpolated at (t + 1/2) r - 1/2, held at the
/// ends. T = S is the identity.
/// </remarks>
internal sealed class ImageScaling
{
    private readonly int[] _first;
    private readonly float[][] _weights;

    /// <summary>Plans one axis.</summary>
    /// <param name="source">Length of the source.</param>
    /// <param name="padded">Length of the padded axis, at least <paramref name="source"/>; need not be whole.</param>
    /// <param name="target">Length of the target.</param>
    public ImageScaling(int source, double padded, int target)
    {
        _first = new int[target];
        _weights = new float[target][];
        Inside = new float[target];
        double offset = Math.Floor((padded - source) / 2);
        double ratio = padded / target;
        for (int t = 0; t < target; t++)
        {
            (_first[t], _weights[t]) =
                ratio >= 1
                    ? Average((t * ratio) - offset, ((t + 1) * ratio) - offset, source)
                    : Interpolate(Math.Clamp(((t + 0.5) * ratio) - 0.5, 0, padded - 1) - offset, source);
            float sum = 0;
            foreach (float weight in _weights[t])
            {
                sum += weight;
            }

            Inside[t] = sum;
        }
    }

    /// <summary>For every target pixel the share that falls on the source, the rest is padding.</summary>
    public float[] Inside { get; }

    /// <summary>The weighted sum, for target pixel <paramref name="target"/>, of the values at start + i * stride.</summary>
    public float Sum(ReadOnlySpan<float> values, int start, int stride, int target)
    {
        float[] weights = _weights[target];
        int position = start + (_first[target] * stride);
        float sum = 0;
        foreach (float weight in weights)
        {
            sum += weight * values[position];
            position += stride;
        }

        return sum;
    }

    private static (int First, float[] Weights) Average(double from, double to, int source)
    {
        int first = Math.Clamp((int)Math.Floor(from), 0, source);
        int last = Math.Clamp((int)Math.Ceiling(to), first, source);
        float[] weights = new float[last - first];
        for (int i = first; i < last; i++)
        {
            double overlap = Math.Min(i + 1, to) - Math.Max(i, from);
            weights[i - first] = (float)(Math.Max(0, overlap) / (to - from));
        }

        return (first, weights);
    }

    private static (int First, float[] Weights) Interpolate(double position, int source)
    {
        int left = (int)Math.Floor(position);
        float right = (float)(position - left);
        int first = Math.Clamp(left, 0, source);
        int last = Math.Clamp(left + 2, first, source);
        float[] weights = new float[last - first];
        for (int i = first; i < last; i++)
        {
            weights[i - first] = i == left ? 1 - right : right;
        }

        return (first, weights);
    }
}
