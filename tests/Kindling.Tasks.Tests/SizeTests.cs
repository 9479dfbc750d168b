using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Tests;

/// <summary>What no array holds is refused by name, before anything overflows.</summary>
internal sealed class SizeTests
{
    [Test]
    public void Create_OfMoreDrawingsThanAnArrayHolds_IsRefused()
    {
        using TemporaryFolder data = new();
        (string, int)[] background = [.. Enumerable.Range(0, 6).Select(i => ($"A{i}", 1))];
        TinyOmniglot.Write(data["omniglot"], background, [("T", 2740)]);
        TaskSpec spec = new()
        {
            Type = "omniglot",
            Split = TaskSpec.LakeSplit,
            Ways = 2,
            Size = 512,
        };
        Refused(
            () => TaskFamilies.Create(spec, data.Path),
            "omniglot: 8238 drawings of 512x512 take 2159542272 bytes when prepared: at most 2147483591 are accepted."
        );
    }

    [Test]
    public void Create_OfMoreGlyphsThanAnArrayHolds_IsRefused() =>
        Refused(
            () =>
                TaskFamilies.Create(
                    new TaskSpec
                    {
                        Type = "glyphs",
                        Ways = 2,
                        TrainClasses = 100_000,
                        Size = 56,
                    },
                    "data"
                ),
            "glyphs: 100300 classes of 20 pictures of 56x56 take 6290816000 bytes when prepared: at most 2147483591 are accepted."
        );

    [Test]
    public void Create_OfNoiseWithMoreThanAnArrayHolds_IsRefused() =>
        Refused(
            () =>
                TaskFamilies.Create(
                    new TaskSpec
                    {
                        Type = "noise",
                        Shape = [1 << 20],
                        Ways = 4,
                        Shots = 1024,
                    },
                    "data"
                ),
            "noise: 4 times 1024 examples of 1048576 numbers make 4294967296: an episode takes at most 2147483591 to adapt to and as many for queries."
        );

    [Test]
    public void Require_OfClassesWithMoreThanAnArrayHolds_IsRefused()
    {
        ItemClass[] classes = [.. Enumerable.Range(0, 3).Select(i => new ItemClass($"c{i}", i * 2000, 2000))];
        ClassFamily family = new("large", new LargeBank(), [classes, classes, classes])
        {
            DataHash = "",
            Licences = [],
            Preprocessing = Preprocessing.None,
        };
        Assert.That(() => family.Require(Split.Train, new EpisodeShape(2, 1, 1000)), Throws.Nothing);
        Refused(
            () => family.Require(Split.Train, new EpisodeShape(3, 1, 1000)),
            "large: 3 times 1000 examples of 1000000 numbers make 3000000000: an episode takes at most 2147483591 to adapt to and as many for queries."
        );
    }

    private static void Refused(Action action, string message) =>
        Assert.That(action, Throws.TypeOf<BundleException>().With.Message.EqualTo(message));

    private sealed class LargeBank : ItemBank
    {
        public override int[] Shape => [1_000_000];

        public override int ItemSize => 1_000_000;

        public override void Fill(int item, ItemView view, Span<float> destination) => throw new NotSupportedException();
    }
}
