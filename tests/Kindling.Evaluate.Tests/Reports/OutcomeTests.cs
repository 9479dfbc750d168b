using Kindling.Bundles;
using Kindling.Evaluate.Reports;

namespace Kindling.Evaluate.Tests.Reports;

/// <summary>Confusion, calibration and fit of outcomes made by hand.</summary>
public sealed class OutcomeTests
{
    // Two classes; the odds of the first are 3 : 1, 1 : 3, 1 : 1.
    private static readonly float[] Logits = [MathF.Log(3), 0, 0, MathF.Log(3), 0, 0];

    [Test]
    public void Choice_OfOutputs_IsTheLikeliestClassAndItsProbability()
    {
        FloatTensor outputs = new([2, 3], [0, MathF.Log(6), -1e9f, MathF.Log(3), 0, 0]);
        Assert.That(TaskOutcome.Choice(outputs, 0), Is.EqualTo((1, 6.0 / 7)).Within(1e-6));
        Assert.That(TaskOutcome.Choice(outputs, 1), Is.EqualTo((0, 0.6)).Within(1e-6));
        Assert.That(TaskOutcome.Probabilities(outputs, 0)[2], Is.Zero, "an unused slot");
    }

    [Test]
    public void ConfusionMatrix_FewClasses_CountsByName()
    {
        TaskOutcome[] outcomes = [Classes(["b", "a"], [0, 1, 0]), Classes(["a", "c"], [1, 1, 1])];
        ConfusionMatrix matrix = ConfusionMatrix.Of(outcomes);
        Assert.That(matrix.IsByName);
        Assert.That(matrix.Labels, Is.EqualTo(new[] { "a", "b", "c" }));
        // Predicted are b, a, b and a, c, a.
        Assert.That(
            matrix.Counts,
            Is.EqualTo(
                new[,]
                {
                    { 1, 0, 0 },
                    { 0, 2, 0 },
                    { 2, 0, 1 },
                }
            )
        );
        Assert.That(matrix.Share(2, 0), Is.EqualTo(2.0 / 3));
        Assert.That(matrix.Confusions(5), Is.EqualTo(new[] { ("c", "a", 2) }));
    }

    [Test]
    public void ConfusionMatrix_ClassesOfEachTask_CountsByPlaceAndNamesTheConfused()
    {
        TaskOutcome[] outcomes = [.. Enumerable.Range(0, 11).Select(i => Classes([$"x{i:00}", $"y{i:00}"], [1, 1, 0]))];
        ConfusionMatrix matrix = ConfusionMatrix.Of(outcomes);
        Assert.That(matrix.IsByName, Is.False);
        Assert.That(matrix.Labels, Is.EqualTo(new[] { "place 1", "place 2" }));
        Assert.That(
            matrix.Counts,
            Is.EqualTo(
                new[,]
                {
                    { 11, 0 },
                    { 11, 11 },
                }
            )
        );
        Assert.That(matrix.Confusions(2), Is.EqualTo(new[] { ("y00", "x00", 1), ("y01", "x01", 1) }));
    }

    [Test]
    public void Calibration_OfOutcomes_WeighsTheBins()
    {
        // Confidence 0.75 twice, once right; 0.5 once, right.
        Calibration calibration = Calibration.Of([Classes(["a", "b"], [0, 0, 0])], o => o.After);
        CalibrationBin[] filled = [.. calibration.Bins.Where(b => b.Count > 0)];
        Assert.That(filled.Select(b => b.Count), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(filled.Select(b => b.Confidence), Is.EqualTo(new[] { 0.5, 0.75 }).Within(1e-6));
        Assert.That(filled.Select(b => b.Accuracy), Is.EqualTo(new[] { 1, 0.5 }));
        Assert.That(calibration.Error, Is.EqualTo(((1 * 0.5) + (2 * 0.25)) / 3).Within(1e-6));
    }

    [Test]
    public void Calibration_CertainPrediction_IsInTheLastBin()
    {
        FloatTensor certain = new([1, 2], [100, -100]);
        Calibration calibration = Calibration.Of([new(["a", "b"], new FloatTensor([1], [0]), certain, certain)], o => o.After);
        Assert.That(calibration.Bins[^1], Is.EqualTo(new CalibrationBin(1, 1, 1)));
        Assert.That(calibration.Error, Is.Zero);
    }

    [Test]
    public void TargetFit_OfOutcomes_ExplainsTheirVariance()
    {
        FloatTensor before = new([4, 1], [2.5f, 2.5f, 2.5f, 2.5f]);
        TaskOutcome outcome = new([], new FloatTensor([4, 1], [1, 2, 3, 4]), before, new FloatTensor([4, 1], [1, 2, 3, 3]));
        Assert.That(TargetFit.Of([outcome], o => o.Before).Explained, Is.Zero);
        Assert.That(TargetFit.Of([outcome], o => o.After).Explained, Is.EqualTo(0.8).Within(1e-12));
    }

    private static TaskOutcome Classes(string[] names, float[] labels) =>
        new(names, new FloatTensor([3], labels), new FloatTensor([3, 2], new float[6]), new FloatTensor([3, 2], [.. Logits]));
}
