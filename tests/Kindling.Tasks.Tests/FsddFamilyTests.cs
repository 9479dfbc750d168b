using System.IO.Compression;
using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

/// <summary>Spoken digits, on tones in place of speech: what is heard tells digit, speaker and take.</summary>
public sealed class FsddFamilyTests
{
    private const double Louder = 1.05;
    private static readonly string[] Speakers = ["george", "jackson", "lucas", "nicolas", "yweweler"];
    private static readonly TaskSpec Spec = new()
    {
        Type = "fsdd",
        Ways = 10,
        Shots = 3,
        Queries = 4,
    };
    private static readonly TestFiles Files = new();

    [OneTimeSetUp]
    public void Write() => WriteSet(Files, "fsdd", (_, _) => { });

    [OneTimeTearDown]
    public void Delete() => Files.Dispose();

    [TestCase(null, 0, 1, new[] { 2, 3, 4 })]
    [TestCase(3, 3, 4, new[] { 0, 1, 2 })]
    public void Sample_ByFold_KeepsSpeakersAndTakesApart(int? fold, int test, int validation, int[] training)
    {
        ITaskFamily family = TaskFamilies.Create(With(fold), Files.Root);
        HashSet<int> trained = [];
        for (ulong draw = 0; draw < 30; draw++)
        {
            foreach ((Split split, int speaker) in new[] { (Split.Test, test), (Split.Validation, validation) })
            {
                Episode episode = family.Sample(split, Spec.ToShape(), new SeededRandom(1, draw));
                (int Digit, int Speaker, int Take)[] support = Heard(episode.SupportX);
                (int Digit, int Speaker, int Take)[] query = Heard(episode.QueryX);
                Assert.That(support.Concat(query).Select(h => h.Speaker), Has.All.EqualTo(speaker));
                Assert.That(support.Select(h => h.Digit), Is.EqualTo(episode.SupportY.Values.Select(v => (int)v)));
                Assert.That(query.Select(h => h.Digit), Is.EqualTo(episode.QueryY.Values.Select(v => (int)v)));
                Assert.That(query.Select(h => h.Take), Has.All.LessThan(5));
                Assert.That(support.Select(h => h.Take), Has.All.GreaterThanOrEqualTo(5));
                Assert.That(support.Distinct().Count(), Is.EqualTo(30));
                Assert.That(query.Distinct().Count(), Is.EqualTo(40));
            }

            Episode train = family.Sample(Split.Train, Spec.ToShape(), new SeededRandom(1, draw));
            (int Digit, int Speaker, int Take)[] both = [.. Heard(train.SupportX), .. Heard(train.QueryX)];
            Assert.That(both.Select(h => h.Speaker).Distinct().Count(), Is.EqualTo(1));
            Assert.That(both.Distinct().Count(), Is.EqualTo(70), "no take is on both sides");
            _ = trained.Add(both[0].Speaker);
        }

        Assert.That(trained, Is.EquivalentTo(training));
    }

    [Test]
    public void Sample_Interleaved_TakesTheDigitsInTurnInTheSupportSet()
    {
        Episode episode = TaskFamilies
            .Create(With(null, interleave: true), Files.Root)
            .Sample(Split.Test, Spec.ToShape(), new SeededRandom(1));
        Assert.That(episode.SupportY.Values, Is.EqualTo(Enumerable.Range(0, 30).Select(i => (float)(i % 10))));
        Assert.That(Heard(episode.SupportX).Select(h => h.Digit), Is.EqualTo(Enumerable.Range(0, 30).Select(i => i % 10)));
        Assert.That(episode.QueryY.Values, Is.EqualTo(Enumerable.Range(0, 40).Select(i => (float)(i / 4))));
    }

    [Test]
    public void Joint_OfTraining_HasEveryTakeOfItsSpeakers()
    {
        JointData joint = TaskFamilies.Create(With(1), Files.Root).Joint(Split.Train);
        Assert.That((joint.ClassCount, joint.ItemCount), Is.EqualTo((10, 750)));
        float[] x = new float[750 * 76 * 32];
        for (int i = 0; i < 750; i++)
        {
            joint.Fill(i, x.AsSpan(i * 76 * 32, 76 * 32));
        }

        (int Digit, int Speaker, int Take)[] heard = Heard(new FloatTensor([750, 1, 76, 32], x));
        Assert.That(heard.Select(h => h.Digit), Is.EqualTo(Enumerable.Range(0, 750).Select(joint.Label)));
        Assert.That(heard.Distinct().Count(), Is.EqualTo(750));
        Assert.That(heard.Select(h => h.Speaker).Distinct(), Is.EquivalentTo(new[] { 0, 3, 4 }));
    }

    [Test]
    public void Create_WhatDoesNotFit_IsRefused()
    {
        static void Refused(TaskSpec spec, string root, string message) =>
            Assert.That(() => TaskFamilies.Create(spec, root), Throws.InstanceOf<Exception>().With.Message.StartsWith(message));
        Refused(With(null, ways: 5), Files.Root, "fsdd: a task has the 10 digits, so ways must be 10, got 5.");
        Refused(
            With(null, shots: 21, queries: 6),
            Files.Root,
            "fsdd: of each digit 5 takes are for queries and 20 to adapt to, got queries 6 and shots 21."
        );
        Refused(With(5), Files.Root, "tasks.fold must be between 0 and 4, got 5.");
        Refused(
            With(null),
            "nowhere",
            $"fsdd: '{Path.Combine("nowhere", "fsdd", "recordings.zip")}' is not there. `make data` does not bring this set"
        );
        WriteSet(Files, "broken", (name, entry) => entry.WriteByte(name == "3_lucas_7.wav" ? (byte)1 : (byte)0));
        string path = Path.Combine(Files.Root, "broken", "recordings.zip");
        Refused(
            With(null, source: "broken"),
            Files.Root,
            $"'{path}', 0_george_0.wav is no WAV file of PCM or 32-bit float samples, or a damaged one"
        );
    }

    // Untrained: the nearest centroid of whole spectrograms, the floor that anything learned must be above.
    [Test]
    public void Sample_RealRecordings_AreToldApartByTheirSpectrograms()
    {
        string? data = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(data) || !Directory.Exists(Path.Combine(data, "fsdd")))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds fsdd/.");
        }

        ITaskFamily family = TaskFamilies.Create(With(0, shots: 5, queries: 5), data);
        int right = 0;
        for (ulong draw = 0; draw < 10; draw++)
        {
            Episode episode = family.Sample(Split.Test, new EpisodeShape(10, 5, 5), new SeededRandom(1, draw));
            Assert.That(episode.SupportX.Values, Has.All.InRange(-8f, 16f));
            float[][] support = [.. episode.SupportX.Values.Chunk(76 * 32)];
            float[][] centroids = [.. Enumerable.Range(0, 10).Select(d => Mean(support[(5 * d)..(5 * (d + 1))]))];
            right += episode
                .QueryX.Values.Chunk(76 * 32)
                .Zip(episode.QueryY.Values)
                .Count(q =>
                    Array.IndexOf(centroids, centroids.MinBy(c => c.Zip(q.First).Sum(v => (v.First - v.Second) * (v.First - v.Second))))
                    == (int)q.Second
                );
        }

        Assert.That(right / 500.0, Is.GreaterThan(0.5));
    }

    private static float[] Mean(float[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Average(r => r[i]))];

    private static TaskSpec With(
        int? fold,
        int ways = 10,
        int shots = 3,
        int queries = 4,
        string? source = null,
        bool? interleave = null
    ) =>
        new()
        {
            Type = "fsdd",
            Ways = ways,
            Shots = shots,
            Queries = queries,
            Fold = fold,
            Source = source,
            Interleave = interleave,
        };

    private static void WriteSet(TestFiles files, string name, Action<string, Stream> replace)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < 1250; i++)
            {
                (int digit, int speaker, int take) = (i / 125, i / 25 % 5, i % 25);
                string file = $"{digit}_{Speakers[speaker]}_{take}.wav";
                using Stream entry = zip.CreateEntry(file, CompressionLevel.Fastest).Open();
                replace(file, entry);
                entry.Write(WavFile.Tone(500 + (250 * digit), 0.002 * Math.Pow(Louder, (25 * speaker) + take), 0.06, 8_000));
            }
        }

        files.Write($"{name}/recordings.zip", stream.ToArray());
    }

    // The loudest band tells the digit, how loud it is speaker and take.
    private static (int Digit, int Speaker, int Take)[] Heard(FloatTensor x)
    {
        (int Band, float Level)[] quietest = [.. Enumerable.Range(0, 10).Select(d => Peak(Prepared(d)))];
        return
        [
            .. x
                .Values.Chunk(76 * 32)
                .Select(values =>
                {
                    (int band, float level) = Peak(values);
                    int digit = Array.FindIndex(quietest, q => q.Band == band);
                    int number = (int)Math.Round((level - quietest[digit].Level) / (2 * Math.Log10(Louder)));
                    return (digit, number / 25, number % 25);
                }),
        ];
    }

    private static float[] Prepared(int digit) =>
        new AudioPreprocessing()
            .Apply(Kindling.Tasks.Files.AudioFiles.Decode(WavFile.Tone(500 + (250 * digit), 0.002, 0.06, 8_000), "tone"))
            .Values;

    private static (int Band, float Level) Peak(float[] values)
    {
        float level = values.Max();
        return (Array.IndexOf(values, level) % 32, level);
    }
}
