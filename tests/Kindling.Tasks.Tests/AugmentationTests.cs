using Kindling.Tasks.Families;

namespace Kindling.Tasks.Tests;

internal sealed class AugmentationTests
{
    private const int Size = 28;
    private static readonly EpisodeShape Shape = new(3, 2, 2);

    [Test]
    public void Apply_Identity_ChangesNothing()
    {
        float[] picture = Ramp();
        float[] warped = new float[picture.Length];
        Warp.Identity.Apply(picture, Size, Size, warped);
        Assert.That(warped, Is.EqualTo(picture));
    }

    [Test]
    public void Apply_ShiftByAPixel_RepeatsTheBorder()
    {
        float[] picture = Ramp();
        float[] warped = new float[picture.Length];
        new Warp(1, 0, 0, 1, 1, 0).Apply(picture, Size, Size, warped);
        float[] expected = [.. Enumerable.Range(0, picture.Length).Select(i => picture[(i % Size) == Size - 1 ? i : i + 1])];
        Assert.That(warped, Is.EqualTo(expected));
    }

    [Test]
    public void Apply_QuarterTurn_IsThatOfTheClasses()
    {
        float[] picture = Ramp();
        float[] warped = new float[picture.Length];
        new Warp(0, -1, 1, 0, 0, 0).Apply(picture, Size, Size, warped);
        float[] expected = [.. Enumerable.Range(0, picture.Length).Select(i => picture[((i % Size) * Size) + Size - 1 - (i / Size)])];
        Assert.That(warped, Is.EqualTo(expected));
    }

    [Test]
    public void After_TwoMaps_IsTheOneMapThatDoesBoth()
    {
        SeededRandom random = new(1);
        Warp first = Warp.Draw(random, 0.3, 2);
        Warp second = Warp.Draw(random, 0.3, 2);
        Warp both = second.After(first);
        (float x, float y) = (3, -5);
        (float mx, float my) = Map(first, x, y);
        (float bx, float by) = Map(both, x, y);
        (mx, my) = Map(second, mx, my);
        Assert.That(bx, Is.EqualTo(mx).Within(1e-5f));
        Assert.That(by, Is.EqualTo(my).Within(1e-5f));
    }

    [Test]
    public void Sample_OfAugmentedFamily_VariesTrainingAndLeavesValidationAndTestAsTheyAre()
    {
        ITaskFamily plain = Family(new TaskSpec());
        ITaskFamily varied = Family(
            new TaskSpec
            {
                WarpClasses = 0.2,
                WarpItems = 0.1,
                ShiftItems = 1,
            }
        );
        foreach (Split split in Enum.GetValues<Split>())
        {
            float[] before = plain.Sample(split, Shape, new SeededRandom(1)).SupportX.Values;
            float[] after = varied.Sample(split, Shape, new SeededRandom(1)).SupportX.Values;
            Assert.That(after.SequenceEqual(before), Is.EqualTo(split != Split.Train), split.ToString());
        }

        Assert.That(varied.DataHash, Is.EqualTo(plain.DataHash), "the data are the same");
    }

    [Test]
    public void OfItem_WithoutWarpsOfItems_IsThatOfTheClass()
    {
        Augmentation augmentation = new(Classes: 0.2, Items: 0, Shift: 0);
        SeededRandom random = new(3);
        Warp? ofClass = augmentation.OfClass(random);
        Assert.That(ofClass, Is.Not.EqualTo(Warp.Identity));
        Assert.That(augmentation.OfItem(random, default, ofClass, 0).Warp, Is.EqualTo(ofClass));
    }

    [Test]
    public void Classes_WithMirrors_AreTwiceAsManyForTrainingOnly()
    {
        ClassFamily family = Family(new TaskSpec { Mirrors = true });
        Assert.That(Enum.GetValues<Split>().Select(s => family.Classes(s).Count), Is.EqualTo(new[] { 20, 5, 6 }));
        Assert.That(family.Classes(Split.Train)[10].Name, Is.EqualTo("glyph0000/mirror"));

        JointData joint = family.Joint(Split.Train);
        float[] upright = new float[Size * Size];
        float[] mirrored = new float[Size * Size];
        joint.Fill(0, upright);
        joint.Fill(joint.ItemCount / 2, mirrored);
        Assert.That(mirrored, Is.EqualTo(upright.Chunk(Size).SelectMany(row => row.Reverse())));
        Assert.That(mirrored, Is.Not.EqualTo(upright));
    }

    [Test]
    public void Validate_WrongValues_NamesTheRanges()
    {
        TaskSpec spec = new()
        {
            Type = "glyphs",
            Ways = 3,
            WarpClasses = 0.6,
            WarpItems = -1,
            ShiftItems = 15,
        };
        Assert.That(
            spec.Validate(),
            Is.EqualTo(
                new[]
                {
                    "tasks.warpClasses must be between 0 and 0.5, got 0.6.",
                    "tasks.warpItems must be between 0 and 0.5, got -1.",
                    "tasks.shiftItems must be between 0 and 14, got 15.",
                }
            )
        );
    }

    private static ClassFamily Family(TaskSpec variation) =>
        (ClassFamily)
            TaskFamilies.Create(
                new TaskSpec
                {
                    Type = "glyphs",
                    Ways = 3,
                    Shots = 2,
                    Queries = 2,
                    TrainClasses = 10,
                    ValidationClasses = 5,
                    TestClasses = 6,
                    Mirrors = variation.Mirrors,
                    WarpClasses = variation.WarpClasses,
                    WarpItems = variation.WarpItems,
                    ShiftItems = variation.ShiftItems,
                },
                "data"
            );

    // Every pixel is different.
    private static float[] Ramp() => [.. Enumerable.Range(0, Size * Size).Select(i => (float)i)];

    private static (float X, float Y) Map(Warp warp, float x, float y) =>
        ((warp.XX * x) + (warp.XY * y) + warp.X, (warp.YX * x) + (warp.YY * y) + warp.Y);
}
