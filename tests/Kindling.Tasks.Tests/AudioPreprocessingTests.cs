using System.Numerics;
using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

public sealed class AudioPreprocessingTests
{
    private const int Rate = 16_000;
    private static readonly AudioPreprocessing Plain = new();

    // Written anew from the definition: a direct Fourier sum, and bands from their corners.
    [Test]
    public void Apply_Noise_GivesTheDefinition()
    {
        AudioPreprocessing preprocessing = new()
        {
            Frames = 3,
            Mels = 8,
            Low = 100,
            High = 7_000,
        };
        float[] samples = Noise(512 + (2 * 160), seed: 5);
        float[] values = preprocessing.Apply(AudioInput.FromPcm(samples, Rate)).Values;

        double[] corners = [.. Enumerable.Range(0, 10).Select(i => Hertz(Mel(100) + ((Mel(7_000) - Mel(100)) * i / 9)))];
        for (int frame = 0; frame < 3; frame++)
        {
            double[] powers = [.. Enumerable.Range(0, 257).Select(k => Power(samples.AsSpan(frame * 160, 512), k))];
            for (int m = 0; m < 8; m++)
            {
                double sum = 0;
                for (int k = 0; k < 257; k++)
                {
                    double hertz = k * 31.25;
                    double rise = (hertz - corners[m]) / (corners[m + 1] - corners[m]);
                    double fall = (corners[m + 2] - hertz) / (corners[m + 2] - corners[m + 1]);
                    sum += powers[k] * Math.Max(0, Math.Min(rise, fall)) * 2 / (corners[m + 2] - corners[m]);
                }

                Assert.That(values[(frame * 8) + m], Is.EqualTo(2 + Math.Log10(sum)).Within(1e-4), $"frame {frame}, band {m}");
            }
        }
    }

    [TestCase(8_000)]
    [TestCase(11_025)]
    [TestCase(44_100)]
    [TestCase(48_000)]
    public void Apply_OfAnotherRate_GivesTheSameSpectrogram(int rate)
    {
        float[] expected = Plain.Apply(Chord(Rate)).Values;
        float[] values = Plain.Apply(Chord(rate)).Values;
        float largest = expected.Max();
        double worst = expected.Zip(values).Where(v => v.First > largest - 4).Max(v => Math.Abs(v.First - v.Second));
        Assert.That(worst, Is.LessThan(0.01));
    }

    [Test]
    public void Apply_ToneAboveHalfTheRate_IsNotFoldedBack()
    {
        float[] low = Plain.Apply(Tone(1_000, 48_000, 1)).Values;
        float[] high = Plain.Apply(Tone(15_000, 48_000, 1)).Values;
        Assert.That(high.Max(), Is.LessThan(low.Max() - 5), "15 kHz would appear at 1 kHz, 5 being 50 dB");
    }

    [Test]
    public void Apply_ShortRecording_StandsInTheMiddleOfSilence()
    {
        float[] values = Plain.Apply(Tone(1_000, Rate, 0.2)).Values;
        float[] loudness = [.. values.Chunk(32).Select(frame => frame.Max())];
        float floor = loudness.Min();
        int[] heard = [.. Enumerable.Range(0, 76).Where(t => loudness[t] > floor + 6)];
        Assert.That((heard[0], heard[^1]), Is.EqualTo((27, 48)).Within(1));
    }

    [Test]
    public void Apply_LongRecording_TakesItsLoudestStretch()
    {
        float[] samples = new float[4 * Rate];
        Noise(Rate / 2, seed: 1).CopyTo(samples, (int)(2.5 * Rate));
        float[] loudness = [.. Plain.Apply(AudioInput.FromPcm(samples, Rate)).Values.Chunk(32).Select(frame => frame.Max())];
        Assert.That(loudness.Count(l => l > loudness.Max() - 2), Is.GreaterThanOrEqualTo(49), "half a second has 50 frames");
        Assert.That(Plain.Describe(AudioInput.FromPcm(samples, Rate)), Is.EqualTo("16000 Hz, the loudest 0.78 s"));
        Assert.That(Plain.Describe(Tone(440, 8_000, 0.5)), Is.EqualTo("8000 Hz -> 16000 Hz, in the middle of 0.78 s"));
    }

    [Test]
    public void Apply_Silence_IsTheFloorEverywhere()
    {
        FloatTensor values = Plain.Apply(AudioInput.FromPcm(new float[100], Rate));
        Assert.That(values.Shape, Is.EqualTo(new[] { 1, 76, 32 }));
        Assert.That(values.Values, Has.All.EqualTo(-8f));
    }

    [Test]
    public void FromPcm_Channels_AreTheirMean()
    {
        float[] values = new float[2];
        AudioInput.FromPcm((ReadOnlySpan<short>)[16384, 0, -32768, -32768], 8_000, channels: 2).CopyTo(values);
        Assert.That(values, Is.EqualTo(new[] { 0.25f, -1f }));
    }

    [Test]
    public void FromPcm_WhatIsNoRecording_IsRefused()
    {
        static void Refused(float[] samples, int rate, int channels, string message) =>
            Assert.That(
                () => AudioInput.FromPcm(samples, rate, channels),
                Throws.InstanceOf<ArgumentException>().With.Message.StartsWith(message)
            );
        Refused([], Rate, 1, "Expected 1 to 67108864 samples of each of 1 channel(s), got 0 in all.");
        Refused([0, 0, 0], Rate, 2, "Expected 1 to 67108864 samples of each of 2 channel(s), got 3 in all.");
        Refused(
            [0, float.NaN],
            Rate,
            1,
            "Sample 1 is NaN, expected a number from -1 to 1, full scale (16-bit samples are handed over as short)."
        );
        Refused([12_000], Rate, 1, "Sample 0 is 12000, expected a number from -1 to 1");
        Refused([0], 1_000, 1, "Expected 4000 to 192000 samples a second, got 1000.");
    }

    [Test]
    public void Validate_NamesAllFaults()
    {
        AudioPreprocessing wrong = new()
        {
            SampleRate = 1_000,
            Frames = 0,
            Mels = 300,
            Low = 600,
        };
        Assert.That(
            wrong.Validate(),
            Is.EqualTo(
                new[]
                {
                    "sampleRate must be between 4000 and 192000, got 1000.",
                    "frames must be between 1 and 6000, got 0.",
                    "mels must be between 1 and 256, got 300.",
                    "low and high must be frequencies with 0 <= low < high <= 500, got 600 and 3800.",
                }
            )
        );
        Assert.That(
            new AudioPreprocessing { Mels = 200 }.Validate(),
            Is.EqualTo(new[] { "mels must leave each band a frequency of the spectrum, got 200, of which band 2 has none." })
        );
        Assert.That(Plain.Validate(), Is.Empty);
    }

    [Test]
    public void Json_OfSettings_ComesBack()
    {
        Preprocessing preprocessing = Preprocessing.ForAudio(new AudioPreprocessing { Frames = 49, Mels = 10 });
        string json = JsonSerializer.Serialize(preprocessing);
        Assert.That(json, Is.EqualTo("""{"kind":"audio","sampleRate":16000,"frames":49,"mels":10,"low":60,"high":3800}"""));
        Preprocessing back = JsonSerializer.Deserialize<Preprocessing>(json)!;
        Assert.That(back.Validate(), Is.Empty);
        Assert.That((back.Audio!.Frames, back.Audio.Mels), Is.EqualTo((49, 10)));
    }

    private static AudioInput Tone(double hertz, int rate, double seconds) =>
        AudioInput.FromPcm(
            [.. Enumerable.Range(0, (int)(seconds * rate)).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * hertz * i / rate)))],
            rate
        );

    // Half a second that swells and fades, so that its ends have no part in it.
    private static AudioInput Chord(int rate) =>
        AudioInput.FromPcm(
            [
                .. Enumerable
                    .Range(0, rate / 2)
                    .Select(i =>
                    {
                        double t = (double)i / rate;
                        double chord = new[] { 220.0, 500, 1_300, 2_900 }.Sum(f => Math.Sin(2 * Math.PI * f * t));
                        return (float)(0.2 * Math.Pow(Math.Sin(2 * Math.PI * t), 2) * chord);
                    }),
            ],
            rate
        );

    private static float[] Noise(int count, ulong seed)
    {
        SeededRandom random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle(-0.5f, 0.5f))];
    }

    private static double Power(ReadOnlySpan<float> samples, int k)
    {
        Complex sum = Complex.Zero;
        for (int i = 0; i < 400; i++)
        {
            double window = Math.Pow(Math.Sin(Math.PI * i / 400), 2);
            sum += 32768 * samples[56 + i] * window * Complex.FromPolarCoordinates(1, -2 * Math.PI * k * i / 512);
        }

        return (sum.Real * sum.Real) + (sum.Imaginary * sum.Imaginary);
    }

    private static double Mel(double hertz) => hertz < 1_000 ? 0.015 * hertz : 15 + (27 * Math.Log(hertz / 1_000) / Math.Log(6.4));

    private static double Hertz(double mel) => mel < 15 ? mel / 0.015 : 1_000 * Math.Pow(6.4, (mel - 15) / 27);
}
