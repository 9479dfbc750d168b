using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>
/// How a recording becomes the input of a model: a log-mel spectrogram <c>[1, frames, mels]</c>; the same code prepares the training data and, in an app, the
/// user's recordings.
/// </summary>
/// <remarks>
/// <para>
/// In this order: resampling to <see cref="SampleRate"/>; as many samples as the frames need, the loudest stretch of a longer recording, a shorter one in the
/// middle of silence; power spectra of 25 ms under a Hann window, one every 10 ms; <see cref="Mels"/> triangular bands of equal area, evenly spaced on Slaney's
/// mel scale from <see cref="Low"/> to <see cref="High"/>; 2 + log10 of the power in units of 16-bit samples, not less than 8 below the largest.
/// </para>
/// <para>
/// With the settings that are the defaults, these are the numbers that Google's speech embedding (Lin et al. 2020) takes, as openWakeWord computes them.
/// Immutable and safe to use from several threads.
/// </para>
/// </remarks>
public sealed class AudioPreprocessing
{
    /// <summary>The default of <see cref="SampleRate"/>.</summary>
    public const int DefaultSampleRate = 16_000;

    /// <summary>The default of <see cref="Frames"/>.</summary>
    public const int DefaultFrames = 76;

    /// <summary>The largest number of <see cref="Frames"/>: one minute.</summary>
    public const int MaximumFrames = 6_000;

    /// <summary>The default of <see cref="Mels"/>.</summary>
    public const int DefaultMels = 32;

    /// <summary>The largest number of <see cref="Mels"/>.</summary>
    public const int MaximumMels = 256;

    /// <summary>The default of <see cref="Low"/>.</summary>
    public const float DefaultLow = 60;

    /// <summary>The default of <see cref="High"/>.</summary>
    public const float DefaultHigh = 3_800;

    private MelSpectrum? _spectrum;

    /// <summary>Samples a second of the spectrogram; 16000 by default. Recordings of other rates are resampled.</summary>
    public int SampleRate { get; init; } = DefaultSampleRate;

    /// <summary>Times in the spectrogram, 10 ms apart; 76 by default.</summary>
    public int Frames { get; init; } = DefaultFrames;

    /// <summary>Frequencies in the spectrogram; 32 by default.</summary>
    public int Mels { get; init; } = DefaultMels;

    /// <summary>Where the lowest band begins, in Hz; 60 by default.</summary>
    public float Low { get; init; } = DefaultLow;

    /// <summary>Where the highest band ends, in Hz; 3800 by default.</summary>
    public float High { get; init; } = DefaultHigh;

    /// <summary>The shape of one input.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Shape => [1, Frames, Mels];

    private MelSpectrum Spectrum => _spectrum ??= new MelSpectrum(SampleRate, Mels, Low, High);

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (SampleRate is < AudioInput.MinimumRate or > AudioInput.MaximumRate)
        {
            faults.Add($"sampleRate must be between {AudioInput.MinimumRate} and {AudioInput.MaximumRate}, got {SampleRate}.");
        }

        if (Frames is < 1 or > MaximumFrames)
        {
            faults.Add($"frames must be between 1 and {MaximumFrames}, got {Frames}.");
        }

        if (Mels is < 1 or > MaximumMels)
        {
            faults.Add($"mels must be between 1 and {MaximumMels}, got {Mels}.");
        }

        if (!(Low >= 0 && Low < High && High <= SampleRate / 2f))
        {
            faults.Add($"low and high must be frequencies with 0 <= low < high <= {SampleRate / 2f}, got {Low} and {High}.");
        }

        if (faults.Count == 0 && Spectrum.EmptyBand is { } band)
        {
            faults.Add($"mels must leave each band a frequency of the spectrum, got {Mels}, of which band {band + 1} has none.");
        }

        return faults;
    }

    /// <summary>Prepares one recording: <c>[1, frames, mels]</c>.</summary>
    public FloatTensor Apply(AudioInput audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        float[] samples = Resampler.Convert(audio.Samples, audio.SampleRate, SampleRate);
        int needed = Spectrum.SamplesOf(Frames);
        float[] part = new float[needed];
        if (samples.Length <= needed)
        {
            samples.CopyTo(part, (needed - samples.Length) / 2);
        }
        else
        {
            samples.AsSpan(Loudest(samples, needed), needed).CopyTo(part);
        }

        float[] values = new float[Frames * Mels];
        Spectrum.Write(part, values);
        return new FloatTensor([.. Shape], values);
    }

    /// <summary>What preparing this recording does, as in <c>8000 Hz -> 16000 Hz, 0.43 s in the middle of 0.78 s</c>.</summary>
    public string Describe(AudioInput audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        double length = (double)Spectrum.SamplesOf(Frames) / SampleRate;
        string rate = audio.SampleRate == SampleRate ? $"{SampleRate} Hz" : $"{audio.SampleRate} Hz -> {SampleRate} Hz";
        return FormattableString.Invariant(
            $"{rate}, {(audio.Duration.TotalSeconds > length ? $"the loudest {length:0.00} s" : $"in the middle of {length:0.00} s")}"
        );
    }

    // Where the stretch with the most energy begins, in steps of a frame; the first of several.
    private int Loudest(float[] samples, int length)
    {
        int step = Spectrum.Hop;
        double energy = 0;
        for (int i = 0; i < length; i++)
        {
            energy += (double)samples[i] * samples[i];
        }

        (double most, int best) = (energy, 0);
        for (int start = step; start + length <= samples.Length; start += step)
        {
            for (int i = start - step; i < start; i++)
            {
                energy += ((double)samples[i + length] * samples[i + length]) - ((double)samples[i] * samples[i]);
            }

            if (energy > most)
            {
                (most, best) = (energy, start);
            }
        }

        return best;
    }
}
