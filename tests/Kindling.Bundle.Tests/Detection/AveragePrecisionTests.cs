namespace Kindling.Bundles.Tests.Detecting;

/// <summary>Average precision against cases worked out by hand.</summary>
public sealed class AveragePrecisionTests
{
    private static readonly Box Here = new(0, 0, 10, 10);
    private static readonly Box There = new(20, 20, 30, 30);

    [Test]
    public void Of_AllFoundAndNothingElse_IsOne() =>
        Assert.That(Precision([Found(0.9f, Here), Found(0.8f, There)], [Here, There]), Is.EqualTo(1));

    [Test]
    public void Of_NothingFound_IsZero() => Assert.That(Precision([], [Here]), Is.Zero);

    [Test]
    public void Of_NoObjects_IsNotANumber() => Assert.That(Precision([Found(1, Here)], []), Is.NaN);

    // one of two objects: precision 1 at the 51 levels from 0 to 0.5, 0 above
    [Test]
    public void Of_HalfOfTheObjects_CountsTheLevelsThatAreReached() =>
        Assert.That(Precision([Found(0.9f, Here)], [Here, There]), Is.EqualTo(51 / 101.0).Within(1e-12));

    // right, wrong, right: precision 1 up to recall 0.5, then 2/3 up to 1
    [Test]
    public void Of_AWrongOneBetween_TakesThePrecisionReachedAtEachRecall() =>
        Assert.That(
            Precision([Found(0.9f, Here), Found(0.8f, new Box(50, 50, 60, 60)), Found(0.7f, There)], [Here, There]),
            Is.EqualTo((51 + (50 * 2 / 3.0)) / 101).Within(1e-12)
        );

    // wrong first: precision 1/2 at every level, since later precision counts for earlier recall
    [Test]
    public void Of_AWrongOneFirst_IsAHalf() =>
        Assert.That(Precision([Found(0.9f, new Box(50, 50, 60, 60)), Found(0.8f, Here)], [Here]), Is.EqualTo(0.5).Within(1e-12));

    // the second detection of one object is wrong, however well it fits
    [Test]
    public void Of_AnObjectFoundTwice_CountsItOnce() =>
        Assert.That(
            Precision([Found(0.9f, Here), Found(0.8f, Here), Found(0.7f, There)], [Here, There]),
            Is.EqualTo((51 + (50 * 2 / 3.0)) / 101).Within(1e-12)
        );

    // shifted by a third of its side: 66.7 shared of 133.3
    [TestCase(3.3f, 1.0)]
    [TestCase(3.4f, 0.0)]
    public void Of_OverlapAboutAHalf_DecidesAtAHalf(float shift, double expected) =>
        Assert.That(Precision([Found(1, new Box(shift, 0, 10 + shift, 10))], [Here]), Is.EqualTo(expected));

    // of two objects it takes the one that it overlaps most, and leaves the other to the next
    [Test]
    public void Of_TwoObjectsUnderOneBox_TakesTheNearer()
    {
        Box right = new(4, 0, 14, 10);
        Assert.That(Precision([Found(0.9f, new Box(3, 0, 13, 10)), Found(0.8f, Here)], [Here, right]), Is.EqualTo(1));
    }

    // detections of all pictures are one list: the wrong one of the second picture stands before the right one of the first
    [Test]
    public void Of_SeveralPictures_RanksThemTogether() =>
        Assert.That(
            AveragePrecision.Of("a", [([Found(0.5f, Here)], [new("a", Here)]), ([Found(0.9f, There)], [])]),
            Is.EqualTo(0.5).Within(1e-12)
        );

    [Test]
    public void Mean_IsOverTheClassesThatHaveObjects() =>
        Assert.That(
            AveragePrecision.Mean([([Found(1, Here), new Detection("c", 1, There)], [new("a", Here), new("b", There)])]),
            Is.EqualTo(0.5).Within(1e-12)
        );

    private static double Precision(Detection[] found, Box[] objects) =>
        AveragePrecision.Of("a", [(found, [.. objects.Select(box => new LabelledBox("a", box))])]);

    private static Detection Found(float score, Box box) => new("a", score, box);
}
