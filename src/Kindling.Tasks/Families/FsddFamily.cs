using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// Spoken digits of new speakers (Jackson et al., Free Spoken Digit Dataset): one task a speaker, ten digits. Five speakers of 25 takes a digit each, dealt out by
/// <see cref="TaskSpec.Fold"/>: that one is for test, the next for validation, the other three for training.
/// </summary>
/// <remarks>
/// Takes 0 to 4, the set's official test takes, are the query set, the support set comes from the others; in training both come from all takes, none on both
/// sides. The data hash is SHA-256 over rates and samples of all recordings by digit, speaker and take, the same for all folds.
/// </remarks>
internal sealed class FsddFamily : ITaskFamily, IShapeCheck
{
    private const string SetName = "fsdd";
    private const int Takes = 25;
    private const int TestTakes = 5;
    private const int Training = 3;

    private const string Credit = "Free Spoken Digit Dataset (Zohar Jackson and others): CC BY-SA 4.0";

    private const string Remedy =
        "`make data` does not bring this set: docs/audio.md says where it comes from and how its files look. Name the folder that holds fsdd/ with --data or KINDLING_DATA.";

    private static readonly string[] Digits = [.. Enumerable.Range(0, 10).Select(d => $"{d}")];

    private static readonly string[] Speakers = ["george", "jackson", "lucas", "nicolas", "yweweler"];

    private readonly FloatBank _bank;
    private readonly int _fold;
    private readonly bool _interleave;

    private FsddFamily(FloatBank bank, TaskSpec spec, string hash, AudioPreprocessing preprocessing)
    {
        _bank = bank;
        _fold = spec.Fold ?? 0;
        _interleave = spec.Interleave ?? false;
        DataHash = hash;
        Preprocessing = Preprocessing.ForAudio(preprocessing);
    }

    /// <summary>The number of folds: each speaker is for test in one.</summary>
    public static int Folds => Speakers.Length;

    public string Name => SetName;

    public bool IsClassification => true;

    public IReadOnlyList<int> InputShape => _bank.Shape;

    public int OutputCount => 0;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences { get; } = [Credit];

    public Preprocessing Preprocessing { get; }

    public static FsddFamily Load(TaskSpec spec, string dataRoot)
    {
        string path = Path.Combine(dataRoot, spec.Source ?? SetName, "recordings.zip");
        if (!File.Exists(path))
        {
            throw new BundleException($"{SetName}: '{path}' is not there. {Remedy}");
        }

        using PictureArchive archive = PictureArchive.Open(path);
        string[] names =
        [
            .. Digits.SelectMany(d => Speakers.SelectMany(s => Enumerable.Range(0, Takes).Select(take => $"{d}_{s}_{take}.wav"))),
        ];
        byte[][] files = [.. names.Select(archive.Read)];
        AudioPreprocessing preprocessing = AudioFamily.PreprocessingOf(spec);
        using ContentHash hash = new();
        FloatBank bank = FloatBank.OfRecordings(
            files.Length,
            i => AudioFiles.Decode(files[i], $"'{path}', {names[i]}"),
            preprocessing,
            hash
        );
        return new FsddFamily(bank, spec, hash.Finish(), preprocessing);
    }

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        Require(split, shape);
        int[] speakers = SpeakersOf(split);
        int speaker = speakers[random.NextInt(speakers.Length)];
        Half support = new(_bank, shape.Shots) { Interleave = _interleave };
        Half query = new(_bank, shape.Queries);
        for (int digit = 0; digit < Digits.Length; digit++)
        {
            int[] takes = [.. Enumerable.Range(0, Takes)];
            if (split == Split.Train)
            {
                random.Shuffle<int>(takes);
            }
            else
            {
                random.Shuffle(takes.AsSpan(0, TestTakes));
                random.Shuffle(takes.AsSpan(TestTakes));
            }

            query.Add(First(digit, speaker), takes.AsSpan(0, shape.Queries), digit);
            support.Add(First(digit, speaker), takes.AsSpan(TestTakes, shape.Shots), digit);
        }

        return new Episode
        {
            SupportX = support.Inputs(),
            SupportY = support.Labels(),
            QueryX = query.Inputs(),
            QueryY = query.Labels(),
            Classes = Digits,
        };
    }

    public JointData Joint(Split split)
    {
        int[] speakers = SpeakersOf(split);
        return new Pooled(
            _bank,
            [
                .. Digits
                    .Index()
                    .SelectMany(d => speakers.SelectMany(s => Enumerable.Range(0, Takes).Select(t => (First(d.Index, s) + t, d.Index)))),
            ]
        );
    }

    public void Require(Split split, EpisodeShape shape)
    {
        if (shape.Ways != Digits.Length)
        {
            throw new BundleException(
                $"{SetName}: a task has the {Digits.Length} digits, so ways must be {Digits.Length}, got {shape.Ways}."
            );
        }

        if (shape.Queries > TestTakes || shape.Shots > Takes - TestTakes)
        {
            throw new BundleException(
                $"{SetName}: of each digit {TestTakes} takes are for queries and {Takes - TestTakes} to adapt to, got queries {shape.Queries} and shots {shape.Shots}."
            );
        }
    }

    private int[] SpeakersOf(Split split)
    {
        int[] order = [.. Enumerable.Range(0, Folds).Select(i => (_fold + i) % Folds)];
        return split switch
        {
            Split.Test => order[..1],
            Split.Validation => order[1..^Training],
            _ => order[^Training..],
        };
    }

    private static int First(int digit, int speaker) => ((digit * Folds) + speaker) * Takes;

    /// <summary>One half of an episode in the making.</summary>
    private sealed class Half(FloatBank bank, int each)
    {
        private readonly float[] _x = new float[Digits.Length * each * bank.ItemSize];
        private readonly float[] _y = new float[Digits.Length * each];

        /// <summary>Whether the digits come in turn instead of one after the other.</summary>
        public bool Interleave { get; init; }

        public void Add(int first, ReadOnlySpan<int> takes, int digit)
        {
            for (int i = 0; i < each; i++)
            {
                int place = Interleave ? (i * Digits.Length) + digit : (digit * each) + i;
                bank.Fill(first + takes[i], default, _x.AsSpan(place * bank.ItemSize, bank.ItemSize));
                _y[place] = digit;
            }
        }

        public FloatTensor Inputs() => new([_y.Length, .. bank.Shape], _x);

        public FloatTensor Labels() => new([_y.Length], _y);
    }

    private sealed class Pooled(FloatBank bank, (int Item, int Digit)[] all) : JointData
    {
        public override int ClassCount => Digits.Length;

        public override int ItemCount => all.Length;

        public override void Fill(int index, Span<float> x) => bank.Fill(all[index].Item, default, x);

        public override int Label(int index) => all[index].Digit;

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            int index = random.NextInt(ItemCount);
            Fill(index, x);
            y[0] = Label(index);
        }
    }
}
