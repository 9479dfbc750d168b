using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// Languages: an episode is one language, its examples are windows of bytes. Validation and test learn from the beginning of the text and are judged by its end;
/// training takes two other pieces of the text that do not overlap, the support set's first. The query set may copy from the support set.
/// </summary>
/// <remarks>Each piece is a text of its own: its first window shows nothing of what stands before it. The data hash is SHA-256 over codes, splits and texts.</remarks>
internal sealed class LanguageFamily : ITaskFamily, ILanguages, IShapeCheck
{
    private readonly Language[][] _splits;

    public LanguageFamily(
        string name,
        Language[][] splits,
        LanguagePreprocessing windows,
        IReadOnlyList<string> licences,
        Language[] beside
    )
    {
        Name = name;
        Windows = windows;
        Licences = licences;
        Beside = beside;
        _splits = splits;
        Preprocessing = Preprocessing.ForLanguage(windows);
        InputShape = windows.Shape;
        using ContentHash hash = new();
        foreach (Language[] split in splits.Append(beside))
        {
            hash.Add(split.Length);
            foreach (Language language in split)
            {
                hash.Add(language.Code);
                hash.Add(language.Text.Span);
            }
        }

        DataHash = hash.Finish();
    }

    public string Name { get; }

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; }

    public int OutputCount => Windows.Length;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences { get; }

    public Preprocessing Preprocessing { get; }

    public LanguagePreprocessing Windows { get; }

    public IReadOnlyList<Language> Beside { get; }

    /// <summary>Probability that a training language is written in another alphabet.</summary>
    public double RenameLetters { get; init; }

    /// <summary>What a recipe says about languages.</summary>
    public static LanguagePreprocessing PreprocessingOf(TaskSpec spec) =>
        new()
        {
            Length = spec.Length ?? LanguagePreprocessing.DefaultLength,
            Context = spec.Context ?? LanguagePreprocessing.DefaultContext,
            Orders = spec.Orders ?? [],
        };

    /// <summary>A .txt file, or each of those of a folder, as a test language.</summary>
    public static LanguageFamily ForTest(string path, LanguagePreprocessing windows)
    {
        string[] files =
            File.Exists(path) ? [path]
            : Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.txt").Order(StringComparer.Ordinal)]
            : throw new BundleException($"'{path}' is not there: expected a .txt file, or a folder of them with one language each.");
        Language[] languages =
        [
            .. files.Select(file => new Language
            {
                Code = Path.GetFileNameWithoutExtension(file),
                Name = Path.GetFileNameWithoutExtension(file),
                Group = "test",
                Text = File.ReadAllBytes(file),
            }),
        ];
        return languages.Length > 0
            ? new LanguageFamily(
                "languages",
                [
                    [],
                    [],
                    languages,
                ],
                windows,
                [],
                []
            )
            : throw new BundleException($"'{path}': expected .txt files with one language each, found none.");
    }

    public IReadOnlyList<Language> Languages(Split split) => _splits[(int)split];

    public void Require(Split split, EpisodeShape shape)
    {
        foreach (Language language in _splits[(int)split])
        {
            _ = Free(language, shape);
        }
    }

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        if (shape.Ways != 1)
        {
            throw new ArgumentException($"{Name}: an episode is one language: ways must be 1, got {shape.Ways}.", nameof(shape));
        }

        Language language = Choose(split, random);
        (int before, int between) = split == Split.Train ? Gaps(Free(language, shape), random) : (0, Free(language, shape));
        return Cut(Written(language, split, random), shape, before, between);
    }

    public Episode Of(Language language, EpisodeShape shape) => Cut(language, shape, 0, Free(language, shape));

    public JointData Joint(Split split) => new Pooled(this, split);

    private Episode Cut(Language language, EpisodeShape shape, int before, int between)
    {
        ReadOnlySpan<byte> text = language.Text.Span[before..];
        ReadOnlySpan<byte> support = text[..(shape.Shots * Windows.Stride)];
        (FloatTensor supportX, FloatTensor supportY) = Windows.Windows(support);
        (FloatTensor queryX, FloatTensor queryY) = Windows.Windows(
            text.Slice(support.Length + between, shape.Queries * Windows.Stride),
            before: support
        );
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
        };
    }

    /// <summary>A training language as it is, or in another alphabet.</summary>
    private Language Written(Language language, Split split, SeededRandom random)
    {
        if (split != Split.Train || RenameLetters == 0 || random.NextDouble() >= RenameLetters)
        {
            return language;
        }

        byte[] other = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        // small and capital letters change places alike
        random.Shuffle(other.AsSpan('a', 26));
        for (int letter = 0; letter < 26; letter++)
        {
            other['A' + letter] = (byte)(other['a' + letter] - 'a' + 'A');
        }

        random.Shuffle(other.AsSpan(128));
        byte[] text = language.Text.ToArray();
        return language with { Text = Array.ConvertAll(text, b => other[b]) };
    }

    private static (int Before, int Between) Gaps(int free, SeededRandom random)
    {
        (int a, int b) = (random.NextInt(free + 1), random.NextInt(free + 1));
        return (Math.Min(a, b), Math.Abs(a - b));
    }

    private Language Choose(Split split, SeededRandom random) =>
        _splits[(int)split] is { Length: > 0 } languages
            ? languages[random.NextInt(languages.Length)]
            : throw new BundleException($"{Name}: there is no language in the split {split}.");

    /// <summary>Bytes of a text that an episode leaves over.</summary>
    private int Free(Language language, EpisodeShape shape)
    {
        int needed = (shape.Shots + shape.Queries) * Windows.Stride;
        int free = language.Text.Length - needed;
        return free >= 0
            ? free
            : throw new BundleException(
                $"{Name}: '{language.Code}' has {language.Text.Length} bytes, {shape.Shots} windows to learn from and {shape.Queries} to predict take {needed}."
            );
    }

    /// <summary>Windows anywhere in random languages.</summary>
    private sealed class Pooled(LanguageFamily family, Split split) : JointData
    {
        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            ReadOnlySpan<byte> text = family.Written(family.Choose(split, random), split, random).Text.Span;
            int first = random.NextInt(Math.Max(1, text.Length - family.Windows.Stride + 1));
            x.Clear();
            family.Windows.Write(text, 0, first, x, y);
        }
    }
}
