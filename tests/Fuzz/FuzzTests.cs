using System.Diagnostics;
using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Recipes;
using Kindling.Tasks.Files;

namespace Kindling.Fuzz.Tests;

/// <summary>
/// Every reader on damaged files: no exception but the documented ones, at most a second (of the processor, on a busy machine), and at most 64 MiB
/// (pictures: their pixels) plus 8 times the input of managed memory. The environment variable KINDLING_FUZZ sets the number of inputs for each reader,
/// KINDLING_FUZZ_SEED another sequence.
/// </summary>
[NonParallelizable]
public sealed class FuzzTests
{
    private const int MostBytesPerInput = 8;

    /// <summary>Inputs between two lines that say how far a long run has come.</summary>
    private const int Progress = 25_000;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    /// <summary>What takes so long hangs, whether it uses the processor or not.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private static readonly TemporaryFolder Folder = new();

    private static readonly int Inputs = Setting("KINDLING_FUZZ", 2000);

    private static readonly int Seed = Setting("KINDLING_FUZZ_SEED", 1);

    private static readonly string Founds = Root.Combine("tests", "Fuzz", "Found");

    private static readonly string[] Sessions = ["adapt.onnx", "infer.onnx", "theta.safetensors", "model.onnx", BundleManifest.FileName];

    private static IEnumerable<string> Found =>
        Directory.GetFiles(Founds).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal);

    private static IEnumerable<Target> Parsers()
    {
        TestBundles.Classifier(Folder["bundle"], new TestBundleOptions { Normalization = "support" });
        TestBundles.Linear(Folder["line"], new TestBundleOptions { Optimizer = "adam", FullRates = true });
        TestBundles.Linear(Folder["line.kindling"]);
        byte[][] In(string name) =>
            [File.ReadAllBytes(Path.Combine(Folder["bundle"], name)), File.ReadAllBytes(Path.Combine(Folder["line"], name))];
        yield return new("manifest", In("manifest.json"), bytes => BundleManifest.Parse(bytes, "manifest"), typeof(BundleException));
        yield return new("safetensors", In("theta.safetensors"), bytes => SafetensorsFile.Parse(bytes, "theta"), typeof(BundleException));
        yield return new(
            "delta",
            Corpus.Deltas(Folder["bundle"], Folder["good.adapted"]),
            OnFile("user.adapted", path => DeltaFile.Read(path)),
            typeof(BundleException)
        );
        yield return new(
            "memory",
            [Corpus.Memory(Folder["good.memory"])],
            OnFile("user.memory", path => ReplayMemory.Open(path).ToSupportSet()),
            typeof(BundleException),
            typeof(InvalidOperationException)
        );
        yield return new(
            "onnx",
            [.. In("adapt.onnx"), .. In("infer.onnx"), .. In("model.onnx")],
            bytes => OnnxReader.Read(bytes),
            typeof(GraphException)
        );
        yield return new("onnx summary", In("adapt.onnx"), bytes => OnnxSummary.Read(bytes, "model"), typeof(GraphException));
        yield return new(
            "recipe",
            [.. Directory.GetFiles(Root.Combine("models"), "recipe.json", SearchOption.AllDirectories).Select(File.ReadAllBytes)],
            bytes => Recipe.Parse(System.Text.Encoding.UTF8.GetString(bytes), "recipe"),
            typeof(BundleException)
        );
        yield return new(
            "zip",
            [File.ReadAllBytes(Folder["line.kindling"])],
            OnFile(
                "fuzz.kindling",
                path =>
                {
                    using BundleFiles files = BundleFiles.Open(path);
                    _ = files.VerifyAll();
                }
            ),
            typeof(BundleException)
        );
        yield return new(
            "picture",
            Corpus.Pictures(),
            bytes => ImageFiles.Decode(PngFile.Resealed(bytes), "picture"),
            typeof(BundleException)
        )
        {
            // A picture of few bytes can be large: four bytes a pixel, in the decoder and in the result.
            MostBytes = 9L * ImageInput.MaximumPixels,
        };
        yield return new(
            "csv",
            ["label,x,y\n2,1,0.5\n4,2,1\n"u8.ToArray(), "label.0,label.1,a\n1,2,\"3\"\n"u8.ToArray()],
            OnFile("table.csv", path => TableFile.Read(path)),
            typeof(BundleException)
        );
    }

    [TestCaseSource(nameof(Parsers))]
    public void Read_DamagedInput_OnlyDocumentedExceptions(object row)
    {
        Target target = (Target)row;
        Run(target, Inputs);
    }

    [TestCaseSource(nameof(Sessions))]
    public void Open_DamagedFileWithTheRightHash_OnlyDocumentedExceptions(string name) => Run(Session(name), Math.Max(100, Inputs / 40));

    /// <summary>What earlier runs found: the files of the folder Found, named TARGET-SEED-INPUT.</summary>
    [TestCaseSource(nameof(Found))]
    public void Read_InputFoundBefore_OnlyDocumentedExceptions(string file)
    {
        string name = string.Join(' ', file.Split('-')[..^2]);
        Target target = Sessions.Contains(name) ? Session(name) : Parsers().Single(parser => parser.Name == name);
        byte[] input = File.ReadAllBytes(Path.Combine(Founds, file));

        Exception? refusal = Read(target, input).Refusal;

        Assert.That(target.Allows, Does.Contain(refusal?.GetType()), $"{refusal}");
    }

    /// <summary>A file of a bundle whose hashes are right, so that it reaches ONNX Runtime itself.</summary>
    private static Target Session(string name)
    {
        TestBundles.Classifier(Folder["session"]);
        string file = Path.Combine(Folder["session"], name);
        string manifestFile = Path.Combine(Folder["session"], BundleManifest.FileName);
        byte[] good = File.ReadAllBytes(file);
        BundleManifest manifest = BundleManifest.Parse(File.ReadAllBytes(manifestFile), "manifest");
        return new Target(
            name,
            [good],
            bytes =>
            {
                File.WriteAllBytes(file, bytes);
                if (name != BundleManifest.FileName)
                {
                    string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
                    Dictionary<string, string> files = new(manifest.Files) { [name] = hash };
                    File.WriteAllBytes(manifestFile, (manifest with { Files = files }).ToJson());
                }

                using AdaptableModel model = AdaptableModel.Open(Folder["session"], new AdaptOptions { Steps = 1 });
                using Learner learner = model.CreateLearner();
                _ = learner.Adapt(Corpus.Support());
                _ = learner.Predict(new FloatTensor([2], [1, 1]));
                learner.Bake(Folder["baked.onnx"]);
            },
            typeof(BundleException)
        );
    }

    private static void Run(Target target, int inputs)
    {
        Mutator mutator = new(target.Corpus, Seed);
        foreach (byte[] good in target.Corpus)
        {
            Assert.That(() => target.Read(good), Throws.Nothing, "the corpus itself is readable");
        }

        int accepted = 0;
        TimeSpan longest = TimeSpan.Zero;
        long most = 0;
        for (int i = 0; i < inputs; i++)
        {
            byte[] input = mutator.Next();
            long before = GC.GetAllocatedBytesForCurrentThread();
            (TimeSpan time, Exception? refusal) = Read(target, input);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            accepted += refusal is null ? 1 : 0;
            longest = time > longest ? time : longest;
            most = Math.Max(most, allocated);
            Exception? fault = refusal is not null && target.Allows.Contains(refusal.GetType()) ? null : refusal;
            if (fault is not null || time > MostTime || allocated > target.MostBytes + ((long)MostBytesPerInput * input.Length))
            {
                string kept = Path.Combine(Path.GetTempPath(), $"kindling-fuzz-{target.Name.Replace(' ', '-')}-{Seed}-{i}");
                File.WriteAllBytes(kept, input);
                Assert.Fail(
                    $"{target.Name}, seed {Seed}, input {i} ({kept}): {time.TotalMilliseconds:0} ms, {allocated} bytes allocated. {fault}"
                );
            }

            if ((i + 1) % Progress == 0)
            {
                TestContext.Progress.WriteLine($"{target.Name}: {i + 1} of {inputs}");
            }
        }

        TestContext.Out.WriteLine(
            $"{target.Name}: {inputs} inputs, seed {Seed}, {accepted} accepted, the longest {longest.TotalMilliseconds:0} ms, the most {most} bytes"
        );
    }

    /// <summary>The time that a read takes; where it is long, the processor's own, as other programs can hold up anything.</summary>
    private static (TimeSpan Time, Exception? Refusal) Read(Target target, byte[] input)
    {
        TimeSpan used = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Exception? refusal = null;
        try
        {
            target.Read(input);
        }
        catch (Exception e)
        {
            refusal = e;
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return (time > MostTime && time < Hang ? Environment.CpuUsage.TotalTime - used : time, refusal);
    }

    private static Action<byte[]> OnFile(string name, Action<string> read) =>
        bytes =>
        {
            File.WriteAllBytes(Folder[name], bytes);
            read(Folder[name]);
        };

    private static int Setting(string name, int standard) =>
        int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{standard}", CultureInfo.InvariantCulture);
}
