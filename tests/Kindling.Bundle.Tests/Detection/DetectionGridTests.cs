namespace Kindling.Bundles.Tests.Detecting;

/// <summary>Objects as numbers and back.</summary>
public sealed class DetectionGridTests
{
    private static readonly DetectionGrid Grid = new(32, 24, 2);

    // middle (12, 12) is that of cell (1, 1); the cells about it have their middles 8 pixels away, within one cell, and inside the box
    [Test]
    public void Write_OneObject_FillsTheCellsAboutItsMiddle()
    {
        float[] target = new float[Grid.Length];
        Grid.Write([(new Box(2, 3, 22, 21), 1)], target);
        int[] there = [.. Enumerable.Range(0, 12).Where(cell => target[cell * 7] == 1)];
        Assert.That(there, Is.EqualTo(new[] { 0, 1, 2, 4, 5, 6, 8, 9, 10 }));
        Assert.That(target[(5 * 7)..(6 * 7)], Is.EqualTo(new[] { 1, 10 / 8f, 9 / 8f, 10 / 8f, 9 / 8f, 0, 1 }));
        Assert.That(target[(3 * 7)..(4 * 7)], Is.All.Zero);
    }

    [Test]
    public void Read_OfWhatWasWritten_GivesEveryObjectOnce()
    {
        Random random = new(4);
        for (int n = 1; n <= 12; n++)
        {
            (Box Box, int Slot)[] objects =
            [
                .. Enumerable
                    .Range(0, n)
                    .Select(_ =>
                    {
                        (float left, float top) = (random.Next(0, 28), random.Next(0, 20));
                        return (
                            new Box(left, top, left + random.Next(1, 32 - (int)left), top + random.Next(1, 24 - (int)top)),
                            random.Next(2)
                        );
                    })
                    .DistinctBy(o => o.Item1),
            ];
            float[] target = new float[Grid.Length];
            Grid.Write(objects, target);
            IReadOnlyList<(Box Box, int Slot)> read = Grid.Read(target);
            Assert.That(read, Has.Count.EqualTo(objects.Length));
            foreach ((Box box, int slot) in objects)
            {
                Assert.That(read.Count(o => o.Slot == slot && o.Box.IntersectionOverUnion(box) > 0.999), Is.EqualTo(1));
            }
        }
    }

    [Test]
    public void Decode_OfTargetsAsLogits_FindsTheObjects()
    {
        float[] output = Logits((new Box(2, 3, 22, 21), 1), (new Box(24, 8, 31, 16), 0));
        IReadOnlyList<Detection> found = Grid.Decode(output, ["a", "b"], leastScore: 0.5f);
        Assert.That(found.Select(d => d.Label).Order(), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(found.First(d => d.Label == "b").Box, Is.EqualTo(new Box(2, 3, 22, 21)));
        Assert.That(found, Has.All.Property(nameof(Detection.Score)).GreaterThan(0.99f));
    }

    // class slots that no name stands for have no part of the probability
    [Test]
    public void Decode_WithOneNameForTwoSlots_GivesAllToIt()
    {
        IReadOnlyList<Detection> found = Grid.Decode(Logits((new Box(2, 3, 22, 21), 1)), ["a"], leastScore: 0.5f);
        Assert.That(found.Select(d => d.Label), Is.EqualTo(new[] { "a" }));
    }

    // 64 of 81 pixels overlap; another class keeps its own
    [Test]
    public void Suppress_KeepsTheBestOfOneClass()
    {
        Detection[] all = [new("a", 0.6f, new Box(0, 0, 9, 9)), new("a", 0.9f, new Box(1, 1, 9, 9)), new("b", 0.5f, new Box(0, 0, 9, 9))];
        Assert.That(DetectionGrid.Suppress(all, 0.5f).Select(d => d.Score), Is.EqualTo(new[] { 0.9f, 0.5f }));
        Assert.That(DetectionGrid.Suppress(all, 0.8f), Has.Count.EqualTo(3));
    }

    // One cell with an object: logit 0 of it, a box half as wide, two equal classes. Another cell without, logit 0.
    [Test]
    public void Loss_OfTwoCells_IsTheFormula()
    {
        DetectionGrid two = new(16, 8, 2);
        float[] target = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        float[] output = [0, 0.5f, 1, 0.5f, 1, 3, 3, 0, 1, 1, 1, 1, 0, 0];
        // (0.25 + 0.75) (1/2)^2 log 2, then 1 - 1/2 since the enclosing box is the larger one, then log 2
        Assert.That(two.Loss(output, target), Is.EqualTo((0.25 * Math.Log(2)) + 0.5 + Math.Log(2)).Within(1e-6));
    }

    [Test]
    public void Write_WrongObjects_IsRefused()
    {
        float[] target = new float[Grid.Length];
        Assert.That(
            () => Grid.Write([(new Box(5, 5, 5, 9), 0)], target),
            Throws.ArgumentException.With.Message.StartsWith(
                "Expected boxes with an area and class slots from 0 to 1, got [5, 5, 5, 9] of slot 0."
            )
        );
        Assert.That(
            () => Grid.Write([.. Enumerable.Range(0, 13).Select(i => (new Box(i, 0, i + 2, 2), 0))], target),
            Throws.ArgumentException.With.Message.StartsWith("A picture of 12 cells holds at most as many objects, got 13.")
        );
        Assert.That(
            () => new DetectionGrid(30, 24, 2),
            Throws.ArgumentException.With.Message.EqualTo("A detector takes pictures whose sides are multiples of 8, got 30x24.")
        );
    }

    // what a perfect detector would give
    private static float[] Logits(params (Box, int)[] objects)
    {
        float[] output = new float[Grid.Length];
        Grid.Write(objects, output);
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = i % Grid.CellLength is 0 or >= 5 ? (20 * output[i]) - 10 : output[i];
        }

        return output;
    }
}
