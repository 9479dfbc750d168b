using Kindling.Adapt;
using Kindling.Bundles;
using NAudio.Wave;

// usage: Recordings BUNDLE EXAMPLES WAV, where EXAMPLES holds one folder of WAV files a class
using AdaptableModel model = AdaptableModel.Open(args[0]);
using Learner learner = model.CreateLearner();

SupportSet examples = SupportSet.FromAudio(
    model.Manifest,
    from folder in Directory.EnumerateDirectories(args[1])
    from file in Directory.EnumerateFiles(folder, "*.wav")
    select (Path.GetFileName(folder), Load(file))
);
AdaptReport report = await learner.AdaptAsync(examples);
Console.WriteLine(report.Reason);
Console.WriteLine($"{args[2]}: {learner.Predict(Load(args[2]))}");
learner.Save("speaker.adapted");

static AudioInput Load(string file)
{
    using WaveFileReader reader = new(file);
    float[] samples = new float[reader.Length / (reader.WaveFormat.BitsPerSample / 8)];
    int count = reader.ToSampleProvider().Read(samples);
    return AudioInput.FromPcm(samples.AsSpan(0, count), reader.WaveFormat.SampleRate, reader.WaveFormat.Channels);
}
