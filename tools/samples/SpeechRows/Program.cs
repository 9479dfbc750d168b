using System.Globalization;
using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Tasks.Files;
using Microsoft.ML.OnnxRuntime;

// usage: SpeechRows vad|wake RECORDINGS SPEAKER OUT [EMBEDDING.onnx]
// Examples for docs/import.md from the WAV files of the Free Spoken Digit Dataset: OUT/support.csv from takes 5 to 9, OUT/query.csv from takes 0 to 4.
(string kind, string recordings, string speaker, string folder) = (args[0], args[1], args[2], args[3]);
Directory.CreateDirectory(folder);
foreach ((string name, int first) in new[] { ("support", 5), ("query", 0) })
{
    List<(int Label, float[] Values)> rows = [];
    SeededRandom random = new(1, (ulong)first);
    for (int digit = 0; digit < 10; digit++)
    {
        for (int take = first; take < first + 5; take++)
        {
            AudioInput audio = AudioFiles.Decode(Path.Combine(recordings, $"{digit}_{speaker}_{take}.wav"));
            rows.AddRange(kind == "vad" ? Noisy(audio, random) : [(digit == 7 ? 1 : 0, Embeddings(audio, args[4]))]);
        }
    }

    string header = $"label,{string.Join(',', rows[0].Values.Select((_, i) => $"x{i}"))}";
    IEnumerable<string> lines = rows.Select(r =>
        $"{r.Label},{string.Join(',', r.Values.Select(v => v.ToString(CultureInfo.InvariantCulture)))}"
    );
    File.WriteAllLines(Path.Combine(folder, $"{name}.csv"), [header, .. lines]);
}

// 36 ms at 8 kHz: the loudest stretch of a recording under white noise that is as strong (1), and such noise alone (0).
static (int Label, float[] Values)[] Noisy(AudioInput audio, SeededRandom random)
{
    const int Length = 288;
    float[] samples = new float[audio.Length];
    audio.CopyTo(samples);
    int loudest = Enumerable.Range(0, (samples.Length - Length) / 32).Select(i => 32 * i).MaxBy(s => Energy(samples.AsSpan(s, Length)));
    float[] speech = samples[loudest..(loudest + Length)];
    float level = MathF.Sqrt(Energy(speech) / Length);
    float[] Noise() => [.. speech.Select(_ => level * (float)random.NextGaussian())];
    return [(1, [.. speech.Zip(Noise(), (s, n) => s + n)]), (0, Noise())];
}

static float Energy(ReadOnlySpan<float> samples)
{
    float sum = 0;
    foreach (float sample in samples)
    {
        sum += sample * sample;
    }

    return sum;
}

// What a wake word model of openWakeWord reads: 16 embeddings, one every 80 ms.
static float[] Embeddings(AudioInput audio, string model)
{
    const int Windows = 16;
    const int Hop = 8;
    AudioPreprocessing window = new();
    AudioPreprocessing all = new() { Frames = window.Frames + ((Windows - 1) * Hop) };
    float[] mels = all.Apply(audio).Values;
    float[] windows = [.. Enumerable.Range(0, Windows).SelectMany(w => mels.Skip(w * Hop * window.Mels).Take(window.Frames * window.Mels))];
    using InferenceSession session = new(model);
    using OrtValue input = OrtValue.CreateTensorValueFromMemory(windows, [Windows, window.Frames, window.Mels, 1]);
    using RunOptions options = new();
    using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, session.InputNames, [input], session.OutputNames);
    return results[0].GetTensorDataAsSpan<float>().ToArray();
}
