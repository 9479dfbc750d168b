using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

/// <summary>What every family must do, by the rows of the registry that need no data.</summary>
[TestFixture]
internal sealed class TaskFamilyContractTests
{
    private static readonly TaskSpec[] Specs =
    [
        new() { Type = "linear", Shots = 5 },
        new() { Type = "sinusoid", Shots = 5 },
        new() { Type = "demonstration", Shots = 5 },
        new() { Type = "navigation", Shots = 2 },
        new() { Type = "navigation-demonstration", Shots = 2 },
        new() { Type = "point-robot", Shots = 2 },
        new() { Type = "reacher", Shots = 2 },
        new() { Type = "runner", Shots = 2 },
        new() { Type = "runner-direction", Shots = 2 },
        new()
        {
            Type = "glyphs",
            Ways = 5,
            TrainClasses = 12,
            ValidationClasses = 6,
            TestClasses = 7,
        },
        new()
        {
            Type = "glyphs",
            Ways = 5,
            TrainClasses = 12,
            ValidationClasses = 6,
            TestClasses = 7,
            Rotations = true,
        },
        new()
        {
            Type = "scenes",
            Ways = 3,
            TrainClasses = 12,
            ValidationClasses = 6,
            TestClasses = 7,
        },
        new() { Type = "cells", Ways = 3 },
    ];

    private static IEnumerable<TestCaseData> Rows() =>
        Specs.Select(s => new TestCaseData(s).SetArgDisplayNames(s.Type + (s.Rotations == true ? ", rotations" : "")));

    [TestCaseSource(nameof(Rows))]
    public void Sample_WithEqualKeys_GivesEqualEpisodes(TaskSpec spec)
    {
        InstalledMuJoCo.RequireFor(spec.Type);
        ITaskFamily first = TaskFamilies.Create(spec, "data");
        ITaskFamily second = TaskFamilies.Create(spec, "data");
        foreach (Split split in Enum.GetValues<Split>())
        {
            Episode a = first.Sample(split, spec.ToShape(), new SeededRandom(1, 2));
            Episode b = second.Sample(split, spec.ToShape(), new SeededRandom(1, 2));
            Episode other = first.Sample(split, spec.ToShape(), new SeededRandom(1, 3));

            Assert.That(b.SupportX.Values, Is.EqualTo(a.SupportX.Values));
            Assert.That(b.QueryY.Values, Is.EqualTo(a.QueryY.Values));
            Assert.That(b.Classes, Is.EqualTo(a.Classes));
            Assert.That(other.SupportX.Values, Is.Not.EqualTo(a.SupportX.Values));
        }

        Assert.That(second.DataHash, Is.EqualTo(first.DataHash));
        Assert.That(first.DataHash, Does.Match("^[0-9a-f]{64}$"));
    }

    [TestCaseSource(nameof(Rows))]
    public void Sample_OfAnotherSplit_GivesOtherTasks(TaskSpec spec)
    {
        InstalledMuJoCo.RequireFor(spec.Type);
        ITaskFamily family = TaskFamilies.Create(spec, "data");
        Episode train = family.Sample(Split.Train, spec.ToShape(), new SeededRandom(1));
        Episode validation = family.Sample(Split.Validation, spec.ToShape(), new SeededRandom(1));

        Assert.That(validation.SupportX.Values, Is.Not.EqualTo(train.SupportX.Values));
    }

    [TestCaseSource(nameof(Rows))]
    public void Sample_FromManyThreads_GivesWhatOneThreadGives(TaskSpec spec)
    {
        InstalledMuJoCo.RequireFor(spec.Type);
        ITaskFamily family = TaskFamilies.Create(spec, "data");
        float[][] together = new float[64][];
        Parallel.For(0, 64, i => together[i] = family.Sample(Split.Train, spec.ToShape(), new SeededRandom(1, (ulong)i)).SupportX.Values);

        for (int i = 0; i < 64; i++)
        {
            float[] alone = family.Sample(Split.Train, spec.ToShape(), new SeededRandom(1, (ulong)i)).SupportX.Values;
            Assert.That(together[i], Is.EqualTo(alone));
        }
    }

    [TestCaseSource(nameof(Rows))]
    public void Create_OfFamily_DescribesItself(TaskSpec spec)
    {
        InstalledMuJoCo.RequireFor(spec.Type);
        ITaskFamily family = TaskFamilies.Create(spec, "data");
        Episode episode = family.Sample(Split.Test, spec.ToShape(), new SeededRandom(1));

        Assert.That(family.Name, Is.EqualTo(spec.Type));
        Assert.That(episode.SupportX.Shape.Skip(1), Is.EqualTo(family.InputShape));
        Assert.That(family.Preprocessing.Validate(), Is.Empty);
        int[] input = [.. family.InputShape];
        Assert.That(
            spec.IsDetection ? new DetectionGrid(input[2], input[1], family.OutputCount).Length : family.OutputCount,
            Is.EqualTo(family.IsClassification ? 0 : episode.SupportY.Shape[1])
        );
    }

    [Test]
    public void Create_OfMissingOmniglot_SaysWhatToDo()
    {
        using TestFiles files = new();
        Assert.That(
            () => TaskFamilies.Create(new TaskSpec { Type = "omniglot", Ways = 5 }, files.Root),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"omniglot: '{Path.Combine(files.Root, "omniglot", "splits_vinyals", "train.txt")}' is not there. Run `make data`, "
                        + "or name the folder that holds the data sets with --data or KINDLING_DATA."
                )
        );
    }

    [Test]
    public void Validate_OfManyFaults_ReportsAll()
    {
        TaskSpec spec = new()
        {
            Type = "glyphs",
            Ways = 1,
            Shots = 0,
            Source = "x",
            Size = 2,
            Channels = 2,
        };

        Assert.That(
            spec.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.ways must be at least 2 for 'glyphs', a classification, got 1.",
                    "tasks.shots must be at least 1, got 0.",
                    "tasks.source does not apply to 'glyphs'.",
                    "tasks.channels does not apply to 'glyphs'.",
                    "tasks.size must be between 4 and 512, got 2.",
                    "tasks.channels must be 1 or 3, got 2.",
                }
            )
        );
    }

    [Test]
    public void Validate_OfValidationFraction_WantsASplitOfItsOwnAndAShareBelowHalf()
    {
        TaskSpec glyphs = new()
        {
            Type = "glyphs",
            Ways = 5,
            ValidationFraction = 0.5,
        };

        Assert.That(
            glyphs.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.validationFraction does not apply to 'glyphs'.",
                    "tasks.validationFraction must be above 0 and below 0.5, got 0.5.",
                }
            )
        );
    }

    [Test]
    public void Validate_OfAlphabets_WantsOmniglotAndLakesSplit()
    {
        TaskSpec glyphs = new()
        {
            Type = "glyphs",
            Ways = 5,
            Within = "alphabet",
            Split = "lake",
            Alphabets = 3,
        };
        TaskSpec omniglot = new()
        {
            Type = "omniglot",
            Ways = 5,
            Within = "script",
            Split = "magic",
            Alphabets = 26,
        };
        TaskSpec vinyals = new()
        {
            Type = "omniglot",
            Ways = 5,
            Within = "alphabet",
            Alphabets = 0,
        };

        Assert.That(
            glyphs.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.within does not apply to 'glyphs'.",
                    "tasks.split does not apply to 'glyphs'.",
                    "tasks.alphabets does not apply to 'glyphs'.",
                }
            )
        );
        Assert.That(
            omniglot.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.within must be alphabet, got 'script'.",
                    "tasks.split must be vinyals or lake, got 'magic'.",
                    "tasks.alphabets needs tasks.split lake, got magic.",
                    "tasks.alphabets must be between 1 and 25, got 26.",
                }
            )
        );
        Assert.That(
            vinyals.Validate(),
            Is.EqualTo(new[] { "tasks.alphabets needs tasks.split lake, got vinyals.", "tasks.alphabets must be between 1 and 25, got 0." })
        );
    }

    [Test]
    public void Validate_OfUnknownType_NamesTheKnownOnes()
    {
        Assert.That(
            new TaskSpec { Type = "cubic" }.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.type must be one of linear, sinusoid, demonstration, navigation, navigation-demonstration, point-robot, reacher, runner, runner-direction, glyphs, omniglot, har_geotec, images, noise, table, clinc150, banking77, texts, fsdd, recordings, udhr, scenes, omniglot-scenes, cells, got 'cubic'.",
                }
            )
        );
    }

    [Test]
    public void Deserialize_OfARecipesObject_ReadsCamelCaseAndEnumWords()
    {
        TaskSpec spec = System.Text.Json.JsonSerializer.Deserialize<TaskSpec>(
            """{ "type": "images", "ways": 3, "shots": 2, "queries": 4, "source": "leaves", "invert": "no", "channels": 3 }""",
            System.Text.Json.JsonSerializerOptions.Web
        )!;

        Assert.That(spec.ToShape(), Is.EqualTo(new EpisodeShape(3, 2, 4)));
        Assert.That(spec.Invert, Is.EqualTo(ImageInversion.No));
        Assert.That(spec.Validate(), Is.Empty);
    }

    [TestCase("a", "b", "a")]
    [TestCase(null, "b", "b")]
    [TestCase("", " ", "data")]
    [TestCase(null, null, "data")]
    public void Find_OfDataRoot_TakesTheFirstThatIsGiven(string? named, string? environment, string expected)
    {
        Assert.That(DataRoot.Find(named, environment), Is.EqualTo(expected));
    }
}
