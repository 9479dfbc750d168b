using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

/// <summary>Languages as tasks.</summary>
internal sealed class LanguageFamilyTests
{
    private readonly TestFiles files = new();

    private static TaskSpec Spec { get; } =
        new()
        {
            Type = "udhr",
            Shots = 3,
            Queries = 2,
            Length = 48,
            Context = 16,
            Orders = [4, 2],
        };

    [OneTimeSetUp]
    public void Write() => TinyLanguages.Write(files.Root);

    [OneTimeTearDown]
    public void Delete() => files.Dispose();

    [TestCase(Split.Validation)]
    [TestCase(Split.Test)]
    public void Sample_OfHeldOutLanguage_IsTheBeginningAndTheEndOfItsText(Split split)
    {
        ITaskFamily family = TaskFamilies.Create(Spec, files.Root);
        Episode episode = family.Sample(split, Spec.ToShape(), new SeededRandom(3));
        byte[] support = Text(episode.SupportY);
        byte[] query = Text(episode.QueryY);
        Language language = ((ILanguages)family).Languages(split).Single(l => l.Text.Span.StartsWith(support));

        Assert.That(support, Has.Length.EqualTo(3 * 32));
        Assert.That(query, Is.EqualTo(language.Text[^(2 * 32)..].ToArray()));
        Assert.That(episode.SupportX.Shape, Is.EqualTo(new[] { 3, 48, 5 }));
    }

    [Test]
    public void Stream_OfLanguages_HasNoneTwice()
    {
        ITaskFamily family = TaskFamilies.Create(Spec, files.Root);
        Language[] all = [.. ((ILanguages)family).Languages(Split.Test)];
        StreamSegment[][] streams =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => TaskStream.Sample(family, Split.Test, Spec.ToShape(), all.Length, new SeededRandom((ulong)i)).ToArray()),
        ];
        foreach (StreamSegment[] stream in streams)
        {
            Assert.That(
                stream.Select(s => all.Single(l => l.Text.Span.StartsWith(Text(s.Y))).Code),
                Is.EquivalentTo(all.Select(l => l.Code))
            );
        }

        Assert.That(
            streams.Select(s => Convert.ToHexString(Text(s[0].Y))).Distinct().Count(),
            Is.GreaterThan(1),
            "in another order each time"
        );
        Assert.That(
            () => TaskStream.Sample(family, Split.Test, Spec.ToShape(), all.Length + 1, new SeededRandom(1)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"udhr: the split Test has {all.Length} languages, a stream of {all.Length + 1} segments takes a language for each."
                )
        );
    }

    [Test]
    public void Sample_ForTraining_TakesPiecesThatDoNotOverlap()
    {
        ITaskFamily family = TaskFamilies.Create(Spec, files.Root);
        HashSet<int> starts = [];
        for (ulong i = 0; i < 40; i++)
        {
            Episode episode = family.Sample(Split.Train, Spec.ToShape(), new SeededRandom(3, i));
            byte[] support = Text(episode.SupportY);
            byte[] query = Text(episode.QueryY);
            byte[] text = ((ILanguages)family)
                .Languages(Split.Train)
                .Select(l => l.Text.ToArray())
                .Single(t => t.AsSpan().IndexOf(support) >= 0);
            int from = text.AsSpan().IndexOf(support);
            Assert.That(text.AsSpan(from + support.Length).IndexOf(query), Is.GreaterThanOrEqualTo(0), "the query set stands behind it");
            _ = starts.Add(from);
        }

        Assert.That(starts, Has.Count.GreaterThan(30), "pieces begin anywhere");
    }

    [Test]
    public void Sample_WithRenamedLetters_ChangesThemAlikeInTheWholeEpisode()
    {
        TaskSpec renamed = new()
        {
            Type = "udhr",
            Shots = 3,
            Queries = 2,
            Length = 48,
            Context = 16,
            RenameLetters = 0.99,
        };
        ITaskFamily family = TaskFamilies.Create(renamed, files.Root);
        Episode episode = family.Sample(Split.Train, renamed.ToShape(), new SeededRandom(3));
        Episode held = family.Sample(Split.Test, renamed.ToShape(), new SeededRandom(3));
        byte[] support = Text(episode.SupportY);
        byte[] query = Text(episode.QueryY);
        // Back by a map that is one for the whole episode: where the text is the language's, each of its letters has one other letter.
        bool IsSource(byte[] text)
        {
            Dictionary<byte, byte> map = [];
            int at = Enumerable
                .Range(0, text.Length - support.Length + 1)
                .FirstOrDefault(start => Fits(text.AsSpan(start, support.Length), support, map), -1);
            return at >= 0
                && Enumerable
                    .Range(at + support.Length, text.Length - at - support.Length - query.Length + 1)
                    .Any(start => Fits(text.AsSpan(start, query.Length), query, new(map)));
        }

        ILanguages languages = (ILanguages)family;
        Assert.That(languages.Languages(Split.Train).Any(l => l.Text.Span.IndexOf(support) >= 0), Is.False, "another alphabet");
        Assert.That(languages.Languages(Split.Train).Count(l => IsSource(l.Text.ToArray())), Is.EqualTo(1));
        Assert.That(languages.Languages(Split.Test).Any(l => l.Text.Span.StartsWith(Text(held.SupportY))), Is.True, "test languages stay");
    }

    private static bool Fits(ReadOnlySpan<byte> text, byte[] written, Dictionary<byte, byte> map)
    {
        Dictionary<byte, byte> tried = new(map);
        for (int i = 0; i < text.Length; i++)
        {
            if (tried.TryGetValue(text[i], out byte other) ? other != written[i] : !tried.TryAdd(text[i], written[i]))
            {
                return false;
            }
        }

        if (tried.Values.Distinct().Count() != tried.Count)
        {
            return false;
        }

        foreach ((byte from, byte to) in tried)
        {
            map[from] = to;
        }

        return true;
    }

    [Test]
    public void Splits_OfLanguages_AreThoseOfTheIndex()
    {
        ILanguages family = (ILanguages)TaskFamilies.Create(Spec, files.Root);

        Assert.That(family.Languages(Split.Train), Has.Count.EqualTo(6));
        Assert.That(family.Languages(Split.Validation).Select(l => l.Code), Is.EqualTo(new[] { "val0", "val1", "val2" }));
        Assert.That(family.Languages(Split.Test).Select(l => l.Name), Has.Member("Language test2"));
        Assert.That(family.Beside.Select(l => l.Group), Is.EqualTo(new[] { "test_script" }));
    }

    [Test]
    public void Joint_OfTraining_ShowsWhatStandsBefore()
    {
        ITaskFamily family = TaskFamilies.Create(Spec, files.Root);
        float[] x = new float[48 * 5];
        float[] y = new float[48];
        family.Joint(Split.Train).Sample(new SeededRandom(1), x, y);

        Assert.That(y[..16], Is.All.Zero);
        Assert.That(y[16..], Is.All.Positive);
        Assert.That(Enumerable.Range(17, 31).Select(p => x[p * 5]), Is.EqualTo(y[16..47]));
    }

    [Test]
    public void Create_ForMoreThanATextHas_SaysWhichAndHowMuch()
    {
        TaskSpec spec = new()
        {
            Type = "udhr",
            Shots = 100,
            Queries = 2,
            Length = 48,
            Context = 16,
        };

        Assert.That(
            () => TaskFamilies.Create(spec, files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match("^udhr: 'train0' has 12[0-9][0-9] bytes, 100 windows to learn from and 2 to predict take 3264\\.$")
        );
    }

    [Test]
    public void Create_WithoutData_SaysWhatToDo() =>
        Assert.That(
            () => TaskFamilies.Create(Spec, Path.Combine(files.Root, "nowhere")),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("udhr: '").And.Message.Contains("Run `make data`")
        );

    [Test]
    public void OfSource_Folder_HasALanguageForEachFile()
    {
        Preprocessing preprocessing = Preprocessing.ForLanguage(new LanguagePreprocessing());
        ILanguages family = (ILanguages)
            TaskFamilies.OfSource(Path.Combine(files.Root, "udhr", "text"), preprocessing, classification: false);
        string empty = Directory.CreateDirectory(Path.Combine(files.Root, "empty")).FullName;

        Assert.That(family.Languages(Split.Test), Has.Count.EqualTo(13));
        Assert.That(
            () => TaskFamilies.OfSource(empty, preprocessing, classification: false),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"'{empty}': expected .txt files with one language each, found none.")
        );
    }

    [Test]
    public void Validate_OfMembersOfOthers_Refuses()
    {
        TaskSpec spec = new()
        {
            Type = "udhr",
            Length = 8,
            Context = 8,
            Orders = [3, 3],
            Units = TextUnits.Bytes,
        };

        Assert.That(
            spec.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.units does not apply to 'udhr'.",
                    "tasks.context must be at least 0 and below length, 8, got 8.",
                    "tasks.orders must be different numbers between 1 and 32, got [3, 3].",
                }
            )
        );
        Assert.That(
            new TaskSpec
            {
                Type = "texts",
                Source = "x",
                Ways = 2,
                Orders = [2],
            }.Validate(),
            Is.EqualTo(new[] { "tasks.orders does not apply to 'texts'." })
        );
    }

    private static byte[] Text(FloatTensor y) => [.. y.Values.Where(code => code > 0).Select(code => (byte)(code - 1))];
}
