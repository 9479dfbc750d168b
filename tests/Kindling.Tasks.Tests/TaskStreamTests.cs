using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class TaskStreamTests
{
    private static readonly ITaskFamily Lines = TaskFamilies.Create(new TaskSpec { Type = "linear" }, "data");

    private static readonly ITaskFamily Glyphs = TaskFamilies.Create(
        new TaskSpec
        {
            Type = "glyphs",
            Ways = 3,
            TrainClasses = 6,
            ValidationClasses = 3,
            TestClasses = 3,
        },
        "data"
    );

    [Test]
    public void Sample_Regression_IsATaskASegment()
    {
        IReadOnlyList<StreamSegment> stream = TaskStream.Sample(Lines, Split.Train, new EpisodeShape(1, 4, 2), 6, new SeededRandom(1));
        double[] slopes = [.. stream.Select(s => Math.Round(s.Y.Values[0] / s.X.Values[0], 4))];
        Assert.That(slopes.Distinct().Count(), Is.EqualTo(6));
        foreach ((StreamSegment segment, double slope) in stream.Zip(slopes))
        {
            Assert.That(segment.Y.Values.Zip(segment.X.Values, (y, x) => y / x), Has.All.EqualTo(slope).Within(1e-3));
            Assert.That(segment.QueryY.Values.Zip(segment.QueryX.Values, (y, x) => y / x), Has.All.EqualTo(slope).Within(1e-3));
        }
    }

    [Test]
    public void Sample_Classification_IsAClassASegment()
    {
        EpisodeShape shape = new(3, 2, 4);
        IReadOnlyList<StreamSegment> stream = TaskStream.Sample(Glyphs, Split.Test, shape, 3, new SeededRandom(2));
        Episode task = Glyphs.Sample(Split.Test, shape, new SeededRandom(2));
        Assert.That(stream.Select(s => s.Y.Values), Is.EqualTo(new float[][] { [0, 0], [1, 1], [2, 2] }));
        Assert.That(stream.Select(s => s.QueryY.Values), Is.EqualTo(new float[][] { [0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2] }));
        Assert.That(stream.SelectMany(s => s.X.Values), Is.EqualTo(task.SupportX.Values));
        Assert.That(stream.SelectMany(s => s.QueryX.Values), Is.EqualTo(task.QueryX.Values));
        Assert.That(stream[1].X.Shape, Is.EqualTo(new[] { 2, 1, 28, 28 }));
    }

    // The same pictures in another order; a stream, which is of one class after the other anyway, stays as it is.
    [Test]
    public void Sample_Interleaved_HasTheClassesInTurn()
    {
        ITaskFamily turns = TaskFamilies.Create(
            new TaskSpec
            {
                Type = "glyphs",
                Ways = 3,
                TrainClasses = 6,
                ValidationClasses = 3,
                TestClasses = 3,
                Interleave = true,
            },
            "data"
        );
        EpisodeShape shape = new(3, 2, 4);
        Episode plain = Glyphs.Sample(Split.Test, shape, new SeededRandom(2));
        Episode turn = turns.Sample(Split.Test, shape, new SeededRandom(2));
        Assert.That(turn.SupportY.Values, Is.EqualTo(new float[] { 0, 1, 2, 0, 1, 2 }));
        Assert.That(
            turn.SupportX.Values.Chunk(28 * 28),
            Is.EqualTo(new[] { 0, 2, 4, 1, 3, 5 }.Select(i => plain.SupportX.Values.Chunk(28 * 28).ElementAt(i)))
        );
        Assert.That(turn.QueryX.Values, Is.EqualTo(plain.QueryX.Values));
        Assert.That(
            TaskStream.Sample(turns, Split.Test, shape, 3, new SeededRandom(2)).Select(s => s.X.Values),
            Is.EqualTo(TaskStream.Sample(Glyphs, Split.Test, shape, 3, new SeededRandom(2)).Select(s => s.X.Values))
        );
    }

    [Test]
    public void Sample_EqualSeeds_GivesEqualStreams()
    {
        float[] Draw(ulong seed) =>
            [
                .. TaskStream
                    .Sample(Lines, Split.Test, new EpisodeShape(1, 2, 2), 3, new SeededRandom(seed))
                    .SelectMany(s => s.X.Values.Concat(s.QueryY.Values)),
            ];
        float[] first = Draw(4);
        Assert.That(Draw(4), Is.EqualTo(first));
        Assert.That(Draw(5), Is.Not.EqualTo(first));
    }

    [TestCase(2, new[] { 2, 2, 1 })]
    [TestCase(1, new[] { 1, 1, 1, 1, 1 })]
    [TestCase(0, new[] { 5 })]
    [TestCase(9, new[] { 5 })]
    public void Parts_OfASize_AreTheExamplesInOrder(int size, int[] counts)
    {
        StreamSegment segment = TaskStream.Sample(Lines, Split.Train, new EpisodeShape(1, 5, 1), 2, new SeededRandom(1))[0];
        (FloatTensor X, FloatTensor Y)[] parts = [.. segment.Parts(size)];
        Assert.That(parts.Select(p => p.X.Shape[0]), Is.EqualTo(counts));
        Assert.That(parts.SelectMany(p => p.X.Values), Is.EqualTo(segment.X.Values));
        Assert.That(parts.SelectMany(p => p.Y.Values), Is.EqualTo(segment.Y.Values));
    }

    [Test]
    public void Sample_WrongNumberOfSegments_IsRefused()
    {
        Assert.That(
            () => TaskStream.Sample(Glyphs, Split.Test, new EpisodeShape(3, 1, 1), 2, new SeededRandom(1)),
            Throws.ArgumentException.With.Message.StartsWith(
                "A stream over 'glyphs' has a segment for each of 3 classes, at least 2, got 2."
            )
        );
        Assert.That(
            () => TaskStream.Sample(Lines, Split.Test, new EpisodeShape(1, 1, 1), 1, new SeededRandom(1)),
            Throws.ArgumentException.With.Message.StartsWith("A stream over 'linear' has at least 2 segments, got 1.")
        );
    }
}
