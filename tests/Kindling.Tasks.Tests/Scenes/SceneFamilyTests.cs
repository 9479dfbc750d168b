using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Scenes;

namespace Kindling.Tasks.Tests.Scenes;

/// <summary>Generated scenes.</summary>
public sealed class SceneFamilyTests
{
    private static readonly TaskSpec Glyphs = new()
    {
        Type = "scenes",
        Ways = 3,
        Shots = 2,
        Queries = 6,
        TrainClasses = 12,
        ValidationClasses = 6,
        TestClasses = 7,
    };

    private static readonly TaskSpec Cells = new()
    {
        Type = "cells",
        Ways = 2,
        Shots = 3,
        Queries = 4,
        Size = 96,
        Objects = 6,
    };

    [Test]
    public void Sample_Glyphs_SupportShowsEachClassOnceAndQueryUpToFive()
    {
        ITaskFamily family = TaskFamilies.Create(Glyphs, "");
        int most = 0;
        for (ulong e = 0; e < 20; e++)
        {
            Episode episode = family.Sample(Split.Train, Glyphs.ToShape(), new SeededRandom(e));
            foreach (IReadOnlyList<(Box Box, int Slot)> objects in Objects(family, episode.SupportY))
            {
                Assert.That(objects.Select(o => o.Slot).Order(), Is.EqualTo(new[] { 0, 1, 2 }));
            }

            int[] counts = [.. Objects(family, episode.QueryY).Select(objects => objects.Count)];
            Assert.That(counts, Has.All.InRange(1, 5));
            most = Math.Max(most, counts.Max());
        }

        Assert.That(most, Is.EqualTo(5));
    }

    // clutter is at most half as bright as ink, so that every bright pixel is within a box
    [Test]
    public void Sample_Glyphs_BoxesHoldTheInk()
    {
        ITaskFamily family = TaskFamilies.Create(Glyphs, "");
        Episode episode = family.Sample(Split.Test, Glyphs.ToShape(), new SeededRandom(5));
        IReadOnlyList<(Box Box, int Slot)>[] objects = Objects(family, episode.QueryY);
        int bright = 0;
        for (int i = 0; i < episode.QueryX.Count; i++)
        {
            if (episode.QueryX.Values[i] > 0.6f)
            {
                (int picture, int y, int x) = (i / (64 * 64), i / 64 % 64, i % 64);
                Assert.That(
                    objects[picture].Any(o => x >= o.Box.Left && x < o.Box.Right && y >= o.Box.Top && y < o.Box.Bottom),
                    Is.True,
                    $"picture {picture}, ({x}, {y})"
                );
                bright++;
            }
        }

        Assert.That(bright, Is.GreaterThan(200));
    }

    // Drawn as large as it is, a drawing is a class's picture times its ink.
    [TestCase(0)]
    [TestCase(1)]
    public void Draw_HalfOfTheDrawings_ShowsEveryOtherOneAndNoneOfTheRest(int half)
    {
        ClassFamily family = GlyphFamily.Load(new() { Type = "scenes", Ways = 3 });
        ItemClass item = family.Classes(Split.Test)[2];
        float[][] drawings = [.. Enumerable.Range(0, item.Count).Select(i => Drawing(family, item, i))];
        PictureObjects objects = new(family);
        SortedSet<int> seen = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            SceneCanvas canvas = new(1, 28);
            _ = objects.Draw(Split.Test, 2, half, canvas, new Box(0, 0, 28, 28), new SeededRandom(seed));
            float[] shown = new float[28 * 28];
            canvas.CopyTo(shown, new SeededRandom(1), 0);
            _ = seen.Add(Enumerable.Range(0, drawings.Length).MinBy(i => Difference(drawings[i], shown)));
        }

        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, item.Count).Where(i => i % 2 == half)));
    }

    [Test]
    public void Sample_Cells_CrowdTheSupportToo()
    {
        ITaskFamily family = TaskFamilies.Create(Cells, "");
        int[] counts =
        [
            .. Enumerable
                .Range(0, 10)
                .SelectMany(e => Objects(family, family.Sample(Split.Train, Cells.ToShape(), new SeededRandom((ulong)e)).SupportY))
                .Select(objects => objects.Count),
        ];
        Assert.That(family.InputShape, Is.EqualTo(new[] { 3, 96, 96 }));
        Assert.That(counts, Has.Some.GreaterThan(2).And.All.InRange(1, 6));
    }

    [Test]
    public void Joint_HasASlotForEachTrainingClass()
    {
        ITaskFamily family = TaskFamilies.Create(Glyphs, "");
        JointData joint = family.Joint(Split.Train);
        DetectionGrid grid = new(64, 64, 12);
        float[] y = new float[grid.Length];
        joint.Sample(new SeededRandom(1), new float[64 * 64], y);

        Assert.That(joint.ClassCount, Is.EqualTo(12));
        Assert.That(joint.TargetLength, Is.EqualTo(grid.Length));
        Assert.That(grid.Read(y), Has.Count.InRange(1, 5));
    }

    [TestCase("size", "tasks.size must be a multiple of 8 for 'scenes', got 60.")]
    [TestCase("cells", "tasks.objects: pictures of tasks.size 16 have 4 cells for objects, got up to 5 objects.")]
    [TestCase("objects", "tasks.objects must be at least 3, got 2.")]
    [TestCase("warp", "tasks.warpClasses does not apply to 'scenes'.")]
    public void Validate_WrongScenes_SaysWhatIsExpected(string what, string message)
    {
        TaskSpec spec = new()
        {
            Type = "scenes",
            Ways = 3,
            Size = what switch
            {
                "size" => 60,
                "cells" => 16,
                _ => null,
            },
            Objects = what == "objects" ? 2 : null,
            WarpClasses = what == "warp" ? 0.1 : null,
        };
        Assert.That(spec.Validate(), Is.EqualTo(new[] { message }));
    }

    private static float[] Drawing(ClassFamily family, ItemClass item, int number)
    {
        float[] picture = new float[family.Items.ItemSize];
        family.Items.Fill(item.First + number, item.View, picture);
        return picture;
    }

    private static double Difference(float[] drawing, float[] shown)
    {
        float ink = shown.Max() / drawing.Max();
        return drawing.Zip(shown, (d, s) => Math.Abs((ink * d) - s)).Sum();
    }

    private static IReadOnlyList<(Box Box, int Slot)>[] Objects(ITaskFamily family, FloatTensor y)
    {
        DetectionGrid grid = new(family.InputShape[2], family.InputShape[1], family.OutputCount);
        return [.. Enumerable.Range(0, y.Shape[0]).Select(i => grid.Read(y.Values.AsSpan(i * grid.Length, grid.Length)))];
    }
}
