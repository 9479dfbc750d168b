namespace Kindling.Bundles;

/// <summary>One recording of one channel, as it came from a file or a microphone.</summary>
/// <remarks>Immutable, hence safe to share between threads.</remarks>
public sealed class AudioInput
{
    /// <summary>The largest number of samples that is accepted: 2^26, 70 minutes at 16 kHz.</summary>
    public const int MaximumSamples = 1 << 26;

    /// <summary>The lowest <see cref="SampleRate"/> that is accepted.</summary>
    public const int MinimumRate = 4_000;

    /// <summary>The highest <see cref="SampleRate"/> that is accepted.</summary>
    public const int MaximumRate = 192_000;

    // Full scale is 1; decoders of compressed sound go a little beyond, whoever is further beyond has other units.
    private const float LargestValue = 16;

    private readonly float[] _samples;

    private AudioInput(float[] samples, int sampleRate)
    {
        _samples = samples;
        SampleRate = sampleRate;
    }

    /// <summary>Samples a second.</summary>
    public int SampleRate { get; }

    /// <summary>Number of samples.</summary>
    public int Length => _samples.Length;

    /// <summary>How long it takes.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Length / SampleRate);

    /// <summary>The samples, 1 at full scale.</summary>
    internal ReadOnlySpan<float> Samples => _samples;

    /// <summary>Copies samples that are 1 at full scale.</summary>
    /// <param name="samples">The samples; of several channels in turn, whose mean is taken.</param>
    /// <param name="sampleRate">Samples of a channel a second, from <see cref="MinimumRate"/> to <see cref="MaximumRate"/>.</param>
    /// <param name="channels">Number of channels.</param>
    /// <exception cref="ArgumentException">
    /// There are none or too many, they are no whole number of all channels, one is not finite or far from full scale, or the rate is out of range.
    /// </exception>
    public static AudioInput FromPcm(ReadOnlySpan<float> samples, int sampleRate, int channels = 1)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            if (!(MathF.Abs(samples[i]) <= LargestValue))
            {
                throw new ArgumentException(
                    $"Sample {i} is {samples[i]}, expected a number from -1 to 1, full scale (16-bit samples are handed over as short).",
                    nameof(samples)
                );
            }
        }

        float[] mono = Mono(samples.Length, sampleRate, channels);
        for (int i = 0; i < samples.Length; i++)
        {
            mono[i / channels] += samples[i] / channels;
        }

        return new AudioInput(mono, sampleRate);
    }

    /// <summary>Copies 16-bit samples.</summary>
    /// <param name="samples">The samples; of several channels in turn, whose mean is taken.</param>
    /// <param name="sampleRate">Samples of a channel a second, from <see cref="MinimumRate"/> to <see cref="MaximumRate"/>.</param>
    /// <param name="channels">Number of channels.</param>
    /// <exception cref="ArgumentException">There are none or too many, they are no whole number of all channels, or the rate is out of range.</exception>
    public static AudioInput FromPcm(ReadOnlySpan<short> samples, int sampleRate, int channels = 1)
    {
        float[] mono = Mono(samples.Length, sampleRate, channels);
        for (int i = 0; i < samples.Length; i++)
        {
            mono[i / channels] += samples[i] / 32768f / channels;
        }

        return new AudioInput(mono, sampleRate);
    }

    /// <summary>Copies the samples.</summary>
    /// <exception cref="ArgumentException">The destination is not as long as the recording.</exception>
    public void CopyTo(Span<float> samples)
    {
        if (samples.Length != Length)
        {
            throw new ArgumentException($"The destination must hold {Length} samples, got {samples.Length}.", nameof(samples));
        }

        _samples.CopyTo(samples);
    }

    private static float[] Mono(int samples, int sampleRate, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (sampleRate is < MinimumRate or > MaximumRate)
        {
            throw new ArgumentException($"Expected {MinimumRate} to {MaximumRate} samples a second, got {sampleRate}.", nameof(sampleRate));
        }

        if (samples == 0 || samples % channels != 0 || samples / channels > MaximumSamples)
        {
            throw new ArgumentException(
                $"Expected 1 to {MaximumSamples} samples of each of {channels} channel(s), got {samples} in all.",
                nameof(samples)
            );
        }

        return new float[samples / channels];
    }
}
