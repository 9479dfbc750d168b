namespace Kindling.Bundles.Tests;

public sealed class CalibrationTests
{
    [TestCase(new[] { 0.25f, 0.25f, 0.25f, 0.25f }, 0f)]
    [TestCase(new[] { 1f, 0f }, 1f)]
    [TestCase(new[] { 0.2f, 0.6f, 0.2f }, 0.4f)]
    [TestCase(new[] { 1f }, 0f, Description = "a single class is always certain, which says nothing")]
    public void Confidence_OfProbabilities_IsRescaledByTheNumberOfClasses(float[] probabilities, float expected) =>
        Assert.That(Calibration.Confidence(probabilities), Is.EqualTo(expected).Within(1e-6f));

    // Below 0.45 two of three inputs of no class pass, from 0.45 on one, at the cost of no other; above 0.5 one of four of a class fails.
    [Test]
    public void Of_BothKinds_IsWhereBothErrorsAreTogetherRarest() =>
        Assert.That(Calibration.Of([0.5f, 0.7f, 0.8f, 0.9f], [0.1f, 0.4f, 0.75f]), Is.EqualTo(0.45f).Within(1e-6f));

    [Test]
    public void Of_OneKind_IsAQuantile()
    {
        Assert.That(Calibration.Of([], [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f]), Is.EqualTo(0.5f).Within(1e-6f), "a fifth passes");
        Assert.That(Calibration.Of([0f, 0.5f], []), Is.EqualTo(0.05f).Within(1e-6f), "a tenth fails");
        Assert.That(Calibration.Of([], []), Is.Null);
    }

    [Test]
    public void Part_OfExamples_HasOnlyTheClassesThatAreThere()
    {
        SupportSet support = SupportSet.FromTensors(new FloatTensor([4, 1], [1, 2, 3, 4]), [2, 0, 1, 2], ["c", "a", "b"]);
        SupportSet part = support.Part([0, 2, 3]);
        Assert.That(part.Inputs.Values, Is.EqualTo(new float[] { 1, 3, 4 }));
        Assert.That(part.Classes, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(part.Labels, Is.EqualTo(new[] { 1, 0, 1 }));
    }
}
