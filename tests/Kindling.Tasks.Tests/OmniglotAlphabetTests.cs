using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Tests;

/// <summary>Whole alphabets: Lake's split, episodes within one alphabet, learning curves.</summary>
[TestFixture]
internal sealed class OmniglotAlphabetTests
{
    private static readonly (string, int)[] Background =
    [
        ("B", 6),
        ("C", 3),
        ("A", 9),
        ("D", 6),
        ("V1", 4),
        ("V2", 4),
        ("V3", 4),
        ("V4", 4),
        ("V5", 4),
    ];
    private readonly TemporaryFolder data = new();

    [OneTimeSetUp]
    public void Write() => TinyOmniglot.Write(data["omniglot"], Background, [("T1", 7), ("T2", 3)]);

    [OneTimeTearDown]
    public void Delete() => data.Dispose();

    [Test]
    public void Classes_OfLakesSplit_AreWholeAlphabets()
    {
        ClassFamily family = Family(Spec());

        Assert.That(Alphabets(family, Split.Train), Is.EqualTo(new[] { "A", "B", "C", "D" }));
        Assert.That(Alphabets(family, Split.Validation), Is.EqualTo(new[] { "V1", "V2", "V3", "V4", "V5" }));
        Assert.That(Alphabets(family, Split.Test), Is.EqualTo(new[] { "T1", "T2" }));
        Assert.That(family.Classes(Split.Train), Has.Count.EqualTo(24 * 4));
        Assert.That(family.Joint(Split.Train).ClassCount, Is.EqualTo(24 * 4));
        Assert.That(family.Joint(Split.Test).ItemCount, Is.EqualTo(10 * 4 * TinyOmniglot.Drawings));
        Assert.That(family.Classes(Split.Train)[1].Name, Is.EqualTo("A/character01/rot090"));
        Assert.That(family.Licences, Is.EqualTo(new[] { "Omniglot: MIT, Copyright (c) 2015 Brenden Lake" }));
    }

    // 4 ways: A, B and D are large enough, C is not; in four rotations, each of them also in a mirror, which makes 24 groups.
    [Test]
    public void Sample_WithinAlphabet_ChoosesUniformlyAmongLargeEnoughOnes()
    {
        ClassFamily family = Family(Spec(mirrors: true));
        Dictionary<string, int> drawn = [];
        for (ulong i = 0; i < 4800; i++)
        {
            Episode episode = family.Sample(Split.Train, new EpisodeShape(4, 1, 1), new SeededRandom(1, i));
            string[] groups = [.. episode.Classes.Select(Group).Distinct()];
            Assert.That(groups, Has.Length.EqualTo(1), string.Join(", ", episode.Classes));
            Assert.That(episode.Classes, Is.Unique);
            drawn[groups[0]] = drawn.GetValueOrDefault(groups[0]) + 1;
        }

        Assert.That(
            drawn.Keys.Order(StringComparer.Ordinal),
            Is.EqualTo(
                new[] { "A", "B", "D" }.SelectMany(a =>
                    new[] { 0, 90, 180, 270 }.SelectMany(r => new[] { $"{a}/rot{r:000}", $"{a}/rot{r:000}/mirror" })
                )
            )
        );

        // 200 each, standard deviation 14
        Assert.That(drawn.Values, Is.All.InRange(140, 260));
    }

    [Test]
    public void Sample_WithinAlphabetOfOtherWays_TakesAlphabetsWithThese()
    {
        ClassFamily family = Family(Spec());
        string[] drawn(int ways) =>
            [
                .. Enumerable
                    .Range(0, 200)
                    .Select(i => family.Sample(Split.Train, new EpisodeShape(ways, 1, 1), new SeededRandom(2, (ulong)i)).Classes[0][..1])
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ];

        Assert.That(drawn(3), Is.EqualTo(new[] { "A", "B", "C", "D" }));
        Assert.That(drawn(7), Is.EqualTo(new[] { "A" }));
        Assert.That(
            () => family.Sample(Split.Test, new EpisodeShape(8, 1, 1), new SeededRandom(1)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "omniglot: no alphabet of the test split has the 8 classes of an episode; the largest, 'T1/rot000', has 7."
                )
        );
    }

    [Test]
    public void Sample_OfAStream_IsWithinOneAlphabetToo()
    {
        ClassFamily family = Family(Spec());
        IReadOnlyList<StreamSegment> stream = TaskStream.Sample(family, Split.Test, new EpisodeShape(4, 2, 1), 4, new SeededRandom(5));
        Episode episode = family.Sample(Split.Test, new EpisodeShape(4, 2, 1), new SeededRandom(5));

        Assert.That(episode.Classes.Select(Group).Distinct().Single(), Does.StartWith("T1/"));
        Assert.That(stream[1].X.Values, Is.EqualTo(episode.SupportX.Values[(2 * 784)..(4 * 784)]));
    }

    [Test]
    public void Classes_OfSomeAlphabets_AreTheFirstOfOneOrder()
    {
        string[][] curves = [.. Enumerable.Range(1, 3).Select(n => Alphabets(Family(Spec(alphabets: n)), Split.Train))];

        Assert.That(curves.Select(c => c.Length), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(curves[2], Is.EquivalentTo(new[] { "A", "B", "D" }), "C has fewer characters than an episode ways");
        Assert.That(curves[1], Is.SupersetOf(curves[0]));
        Assert.That(curves[2], Is.SupersetOf(curves[1]));
        Assert.That(
            Enumerable.Range(0, 20).Select(s => Alphabets(Family(Spec(alphabets: 1, seed: (ulong)s)), Split.Train)[0]).Distinct(),
            Is.EquivalentTo(new[] { "A", "B", "D" }),
            "the seed chooses"
        );
        Assert.That(Family(Spec(alphabets: 1)).DataHash, Is.EqualTo(Family(Spec()).DataHash));
        Assert.That(Alphabets(Family(Spec(alphabets: 1)), Split.Test), Is.EqualTo(new[] { "T1", "T2" }));
    }

    [Test]
    public void Create_OfMoreAlphabetsThanAreLargeEnough_IsRefused() =>
        Assert.That(
            () => Family(Spec(alphabets: 4)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"omniglot: '{data["omniglot"]}': tasks.alphabets asks for 4, but 3 alphabets for training have the 4 characters of an episode."
                )
        );

    [Test]
    public void Create_WithoutAlphabetOfEnoughCharacters_IsRefused() =>
        Assert.That(
            () => Family(Spec(ways: 5)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "omniglot: no alphabet of the validation split has the 5 classes of an episode; the largest, 'V1/rot000', has 4."
                )
        );

    [Test]
    public void Create_OfTooFewAlphabets_IsRefused()
    {
        TinyOmniglot.Write(data["few"], Background[..5], [("T", 4)]);
        Assert.That(
            () => Family(Spec(source: "few")),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"omniglot: '{data["few"]}': the background set has 5 alphabets and the evaluation set 1; tasks.split lake needs at least 6 and 1."
                )
        );
    }

    [Test]
    public void Create_OfAnAlphabetInBothSets_IsRefused()
    {
        TinyOmniglot.Write(data["both"], Background, [("B", 4)]);
        Assert.That(
            () => Family(Spec(source: "both")),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo($"omniglot: '{data["both"]}': alphabet 'B' is in the background and in the evaluation set.")
        );
    }

    [Test]
    public void Create_OfADamagedArchive_IsRefused()
    {
        string path = Path.Combine(data["damaged"], "images_background.zip");
        TinyOmniglot.Write(data["damaged"], Background, [("T", 4)]);
        File.WriteAllText(path, "no zip");
        Assert.That(
            () => Family(Spec(source: "damaged")),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"'{path}' is not a readable zip file: ")
        );
    }

    [Test]
    public void Create_OfLakesSplitOfTheSharedData_HasThirtyAndTwentyAlphabets()
    {
        ClassFamily family = (ClassFamily)TaskFamilies.Create(Spec(ways: 20), SharedData());

        Assert.That(
            Enum.GetValues<Split>().Select(s => (Alphabets(family, s).Length, family.Classes(s).Count / 4)),
            Is.EqualTo(new[] { (25, 813), (5, 151), (20, 659) })
        );
        Assert.That(
            Alphabets(family, Split.Validation),
            Is.EqualTo(new[] { "Ojibwe_(Canadian_Aboriginal_Syllabics)", "Sanskrit", "Syriac_(Estrangelo)", "Tagalog", "Tifinagh" })
        );
        Assert.That(family.DataHash, Is.EqualTo("4c5ddd4ae0c98f57f320cb048f8a0c6c9943ae86e10c36c2acef0640ebc30a23"));
    }

    // Picture by picture: why the runs are for bundles of Lake's split only.
    [TestCase("lake", new[] { 0, 0, 200 })]
    [TestCase("vinyals", new[] { 78, 0, 122 })]
    public void Create_OfTheSharedData_HasTheCharactersOfTheOneShotRunsIn(string split, int[] characters)
    {
        string root = SharedData();
        TaskSpec spec = new()
        {
            Type = "omniglot",
            Ways = 5,
            Split = split,
            Rotations = false,
        };
        ClassFamily family = (ClassFamily)TaskFamilies.Create(spec, root);
        HashSet<string> runs =
        [
            .. OneShotRuns.Read(spec, root, family.Preprocessing.Image!).SelectMany(run => run.SupportX.Values.Chunk(784)).Select(Key),
        ];

        Assert.That(
            Enum.GetValues<Split>()
                .Select(s =>
                {
                    JointData joint = family.Joint(s);
                    float[] picture = new float[784];
                    HashSet<int> found = [];
                    for (int i = 0; i < joint.ItemCount; i++)
                    {
                        joint.Fill(i, picture);
                        _ = runs.Contains(Key(picture)) && found.Add(joint.Label(i));
                    }

                    return found.Count;
                }),
            Is.EqualTo(characters)
        );
    }

    private static string Key(float[] picture) => Convert.ToHexString([.. picture.Select(v => (byte)MathF.Round(v * 255))]);

    private static string SharedData()
    {
        string? root = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        if (string.IsNullOrEmpty(root) || !File.Exists(Path.Combine(root, "omniglot", "one_shot_all_runs.zip")))
        {
            Assert.Ignore("KINDLING_DATA does not name a folder that holds omniglot/ with one_shot_all_runs.zip.");
        }

        return root;
    }

    private static string Group(string name) => $"{name.Split('/')[0]}/{string.Join('/', name.Split('/')[2..])}";

    private static string[] Alphabets(ClassFamily family, Split split) =>
        [.. family.Classes(split).Select(c => c.Name.Split('/')[0]).Distinct()];

    private static TaskSpec Spec(int ways = 4, bool? mirrors = null, int? alphabets = null, ulong seed = 0, string? source = null) =>
        new()
        {
            Type = "omniglot",
            Split = TaskSpec.LakeSplit,
            Within = TaskSpec.WithinAlphabet,
            Alphabets = alphabets,
            Seed = seed,
            Ways = ways,
            Mirrors = mirrors,
            Source = source,
        };

    private ClassFamily Family(TaskSpec spec) => (ClassFamily)TaskFamilies.Create(spec, data.Path);
}
