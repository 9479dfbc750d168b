using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Tests;

public sealed class AudioFilesTests
{
    private readonly TestFiles _files = new();

    [OneTimeTearDown]
    public void Delete() => _files.Dispose();

    private static IEnumerable<TestCaseData> Kinds()
    {
        yield return Case("8 bit", WavFile.Of([128, 192, 0], 8_000, 1, 8), 8_000, [0, 0.5f, -1]);
        yield return Case("16 bit", WavFile.Of([0, 16384, -32768], 16_000), 16_000, [0, 0.5f, -1]);
        yield return Case("24 bit", WavFile.Of([0, 0, 0, 0, 0, 64, 0, 0, 128], 44_100, 1, 24), 44_100, [0, 0.5f, -1]);
        yield return Case("32 bit float", WavFile.Of([0f, 0.5f, -1f], 48_000), 48_000, [0, 0.5f, -1]);
        yield return Case("stereo", WavFile.Of([0, 0, 32767, 0, -32768, -32768], 8_000, 2), 8_000, [0, 0.5f, -1]);
    }

    [TestCaseSource(nameof(Kinds))]
    public void Decode_Wav_GivesItsSamples(byte[] file, int rate, float[] expected)
    {
        AudioInput audio = AudioFiles.Decode(_files.Write("some.wav", file));
        float[] samples = new float[audio.Length];
        audio.CopyTo(samples);
        Assert.That(audio.SampleRate, Is.EqualTo(rate));
        Assert.That(samples, Is.EqualTo(expected).Within(1e-4));
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        byte[] whole = WavFile.Of(new short[100], 8_000);
        yield return Refused(
            "text",
            "no sound at all, but long enough for a header of forty-four bytes"u8.ToArray(),
            "'*' is no WAV file of PCM or 32-bit float samples, or a damaged one:"
        );
        yield return Refused("empty file", [], "'*' is no WAV file of PCM or 32-bit float samples, or a damaged one:");
        yield return Refused("cut short", whole[..100], "'*' is cut short: its header promises 244 bytes, it has 100.");
        yield return Refused(
            "no samples",
            WavFile.Of(Array.Empty<short>(), 8_000),
            "'*': Expected 1 to 67108864 samples of each of 1 channel(s), got 0 in all."
        );
        yield return Refused("rate", WavFile.Of(new short[100], 1_000), "'*': Expected 4000 to 192000 samples a second, got 1000.");
        yield return Refused("NaN", WavFile.Of([0f, float.NaN], 8_000), "'*': Sample 1 is NaN, expected a number from -1 to 1");
        yield return Refused(
            "compressed",
            WavFile.Of(new byte[100], 8_000, 1, 4, format: 17),
            "'*' is no WAV file of PCM or 32-bit float samples, or a damaged one:"
        );
        yield return Refused(
            "no channels",
            WavFile.Of(new byte[100], 8_000, 0, 16),
            "'*' is no WAV file of PCM or 32-bit float samples, or a damaged one:"
        );
    }

    [TestCaseSource(nameof(Wrong))]
    public void Decode_WhatIsNoRecording_IsRefusedByName(byte[] file, string message)
    {
        string path = _files.Write("wrong.wav", file);
        Assert.That(
            () => AudioFiles.Decode(path),
            Throws.TypeOf<BundleException>().With.Message.StartsWith(message.Replace("*", path, StringComparison.Ordinal))
        );
    }

    [Test]
    public void Decode_MissingFile_IsRefusedByName()
    {
        string path = Path.Combine(_files.Root, "none.wav");
        Assert.That(() => AudioFiles.Decode(path), Throws.TypeOf<BundleException>().With.Message.StartsWith($"'{path}' cannot be read:"));
    }

    [Test]
    public void OfRecordings_Folder_ListsWavFilesOfEachClass()
    {
        foreach (string name in (string[])["set/yes/b.WAV", "set/yes/a.wav", "set/no/1.wav", "set/no/.x.wav", "set/no/notes.txt"])
        {
            _files.Write(name, WavFile.Of(new short[10], 8_000));
        }

        ClassFolder folder = ClassFolder.OfRecordings(Path.Combine(_files.Root, "set"));
        Assert.That(folder.Classes.Select(c => c.Name), Is.EqualTo(new[] { "no", "yes" }));
        Assert.That(
            folder.Classes.Select(c => string.Join(' ', c.Files.Select(Path.GetFileName))),
            Is.EqualTo(new[] { "1.wav", "a.wav b.WAV" })
        );

        Directory.CreateDirectory(Path.Combine(_files.Root, "set", "maybe"));
        Assert.That(
            () => ClassFolder.OfRecordings(Path.Combine(_files.Root, "set")),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"Class folder '{Path.Combine(_files.Root, "set", "maybe")}' holds no recordings: expected at least one WAV file."
                )
        );
    }

    private static TestCaseData Case(string name, byte[] file, int rate, float[] samples) =>
        new TestCaseData(file, rate, samples).SetArgDisplayNames(name);

    private static TestCaseData Refused(string name, byte[] file, string message) =>
        new TestCaseData(file, message).SetArgDisplayNames(name);
}
