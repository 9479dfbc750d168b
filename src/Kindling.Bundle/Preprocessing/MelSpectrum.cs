using System.Numerics;

namespace Kindling.Bundles;

/// <summary>Log-mel spectra of overlapping stretches of a sound. Thread-safe.</summary>
internal sealed class MelSpectrum
{
    private const double FrameSeconds = 0.025;
    private const double HopSeconds = 0.010;
    private const float FullScale = 32768;
    private const float LeastPower = 1e-10f;
    private const float Range = 8;
    private const float Offset = 2;

    private readonly int _size;
    private readonly double[] _window;
    private readonly float[][] _bands;
    private readonly Complex[] _turns;

    public MelSpectrum(int sampleRate, int mels, double low, double high)
    {
        int frame = (int)Math.Round(FrameSeconds * sampleRate);
        Hop = (int)Math.Round(HopSeconds * sampleRate);
        _size = (int)BitOperations.RoundUpToPowerOf2((uint)frame);
        _window = new double[_size];
        int before = (_size - frame) / 2;
        for (int i = 0; i < frame; i++)
        {
            _window[before + i] = 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / frame));
        }

        _turns = [.. Enumerable.Range(0, _size / 2).Select(k => Complex.FromPolarCoordinates(1, -2 * Math.PI * k / _size))];
        double[] edges = [.. Enumerable.Range(0, mels + 2).Select(i => Hertz(Mel(low) + ((Mel(high) - Mel(low)) * i / (mels + 1))))];
        _bands = [.. Enumerable.Range(0, mels).Select(m => Band(sampleRate, edges[m], edges[m + 1], edges[m + 2]))];
    }

    /// <summary>Samples from one frame to the next.</summary>
    public int Hop { get; }

    /// <summary>The number of a band that is too narrow for the resolution of the spectrum; null where there is none.</summary>
    public int? EmptyBand => Array.FindIndex(_bands, b => !b.Any(w => w > 0)) is int band and >= 0 ? band : null;

    /// <summary>Samples that so many frames need.</summary>
    public int SamplesOf(int frames) => ((frames - 1) * Hop) + _size;

    /// <summary>Writes the spectra, <c>[frames, mels]</c>, of as many frames as there is room for.</summary>
    public void Write(ReadOnlySpan<float> samples, Span<float> spectra)
    {
        Complex[] values = new Complex[_size];
        float largest = float.NegativeInfinity;
        int mels = _bands.Length;
        for (int frame = 0; frame * mels < spectra.Length; frame++)
        {
            for (int i = 0; i < _size; i++)
            {
                values[i] = FullScale * samples[(frame * Hop) + i] * _window[i];
            }

            Transform(values);
            for (int m = 0; m < mels; m++)
            {
                double power = 0;
                float[] band = _bands[m];
                for (int k = 0; k < band.Length; k++)
                {
                    if (band[k] > 0)
                    {
                        power += band[k] * ((values[k].Real * values[k].Real) + (values[k].Imaginary * values[k].Imaginary));
                    }
                }

                float value = Offset + MathF.Log10(Math.Max(LeastPower, (float)power));
                spectra[(frame * mels) + m] = value;
                largest = Math.Max(largest, value);
            }
        }

        foreach (ref float value in spectra)
        {
            value = Math.Max(value, largest - Range);
        }
    }

    // Slaney's scale: linear up to 1000 Hz, logarithmic above (Auditory Toolbox, 1998).
    private static double Mel(double hertz) => hertz < 1000 ? hertz * 3 / 200 : 15 + (Math.Log(hertz / 1000) * 27 / Math.Log(6.4));

    private static double Hertz(double mel) => mel < 15 ? mel * 200 / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27);

    // A triangle over the bins of the transform; its area is the same for all bands.
    private float[] Band(int sampleRate, double low, double middle, double high)
    {
        float[] weights = new float[(_size / 2) + 1];
        for (int k = 0; k < weights.Length; k++)
        {
            double hertz = (double)k * sampleRate / _size;
            double height = Math.Min((hertz - low) / (middle - low), (high - hertz) / (high - middle));
            weights[k] = (float)(Math.Max(0, height) * 2 / (high - low));
        }

        return weights;
    }

    // The fast Fourier transform in place (Cooley and Tukey 1965), radix 2.
    private void Transform(Complex[] values)
    {
        for (int i = 1, j = 0; i < _size; i++)
        {
            int bit = _size >> 1;
            for (; (j & bit) != 0; bit >>= 1)
            {
                j ^= bit;
            }

            j ^= bit;
            if (i < j)
            {
                (values[i], values[j]) = (values[j], values[i]);
            }
        }

        for (int length = 2; length <= _size; length <<= 1)
        {
            for (int start = 0; start < _size; start += length)
            {
                for (int k = 0; k < length / 2; k++)
                {
                    Complex even = values[start + k];
                    Complex odd = values[start + k + (length / 2)] * _turns[k * (_size / length)];
                    values[start + k] = even + odd;
                    values[start + k + (length / 2)] = even - odd;
                }
            }
        }
    }
}
