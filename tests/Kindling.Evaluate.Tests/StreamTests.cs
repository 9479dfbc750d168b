using Kindling.Bundles;
using Kindling.Evaluate.Streams;

namespace Kindling.Evaluate.Tests;

public sealed class StreamTests
{
    private static readonly double[][] Matrix =
    [
        [0.2, 0.3, 0.1],
        [0.9, 0.4, 0.2],
        [0.7, 0.8, 0.5],
        [0.6, 0.5, 1.0],
    ];

    private TinyBundle lines = null!;
    private TinyBundle characters = null!;

    [OneTimeSetUp]
    public void Train()
    {
        lines = TinyBundle.Lines();
        characters = TinyBundle.Characters("layer");
    }

    [OneTimeTearDown]
    public void Delete()
    {
        lines.Dispose();
        characters.Dispose();
    }

    // at the end (0.6 + 0.5 + 1) / 3; backward ((0.6 - 0.9) + (0.5 - 0.8)) / 2; forward ((0.4 - 0.3) + (0.5 - 0.1)) / 2
    [TestCase(false, -0.3, 0.25)]
    [TestCase(true, 0.3, -0.25)]
    public void Of_AMatrix_IsLopezPazAndRanzatosFigures(bool isError, double backward, double forward)
    {
        TransferFigures figures = TransferFigures.Of(Matrix, isError);
        Assert.That(figures.Final, Is.EqualTo(0.7).Within(1e-12));
        Assert.That(figures.Backward, Is.EqualTo(backward).Within(1e-12));
        Assert.That(figures.Forward, Is.EqualTo(forward).Within(1e-12));
    }

    [Test]
    public void Of_AMatrixWithoutItsFirstRow_IsRefused() =>
        Assert.That(
            () => TransferFigures.Of(Matrix[1..], isError: false),
            Throws.ArgumentException.With.Message.StartsWith("Expected at least 2 segments and a row more than segments, got 3 and 3.")
        );

    // Test tasks are y = 2 x and y = 3 x: a learner that has just followed one of them errs by (3 - 2)^2 E[x^2] on the other, and by nothing on its own.
    [Test]
    public void Evaluate_Lines_TheLastTaskIsKnownAndTheOtherOneForgotten()
    {
        StreamEvaluationReport report = StreamEvaluator.Evaluate(
            lines.Path,
            new StreamOptions
            {
                Streams = 40,
                Segments = 4,
                Part = 2,
            }
        );
        for (int i = 1; i <= 4; i++)
        {
            Assert.That(report.Matrix[i][i - 1], Is.LessThan(0.4), $"segment {i} after it was learned");
            Assert.That(report.Matrix[i].Where((_, j) => j != i - 1), Has.All.GreaterThan(2), "half of the others are the other line");
        }

        Assert.That(report.Matrix, Has.Count.EqualTo(5));
        Assert.That(report.BackwardTransfer.Mean[0], Is.InRange(-8, -3));
        Assert.That(report.Metric, Is.EqualTo("mse"));
        Assert.That(report.BoundariesFound.Mean[0], Is.Zero, "the rule knows no jump");
        Assert.That(report.OnlineNeverAgain, Is.Null, "and so nothing else than following");
        Assert.That(report.OnlineUnadapted!.Mean[0], Is.Positive.And.Not.EqualTo(report.Online.Mean[0]));
        Assert.That(report.ToTable(), Does.StartWith("mse over 40 streams of 4 segments, 10 examples each, 2 at a time, seed 1\n"));
    }

    [Test]
    public void Evaluate_Characters_ClassesComeOneAfterTheOther()
    {
        StreamEvaluationReport report = StreamEvaluator.Evaluate(characters.Path, new StreamOptions { Streams = 4, Part = 0 });
        Assert.That((report.Segments, report.Metric), Is.EqualTo((3, "accuracy")));
        Assert.That(report.Matrix[1], Is.EqualTo(new[] { 1.0, 0, 0 }), "one class is known, all are taken for it");
        Assert.That(report.Matrix[2][2], Is.Zero, "nobody has seen the third");
        Assert.That(report.ForwardTransfer, Is.Null, "nobody can have");
        Assert.That(report.OnlineUnadapted, Is.Null, "the start has no classes");
        Assert.That(report.ToTable(), Does.Not.Contain("forward transfer"));
        Assert.That(
            () => StreamEvaluator.Evaluate(characters.Path, new StreamOptions { Segments = 2 }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{characters.Path}: the segments of a classification's stream are the classes of one task, of which there are 3; 2 segments were asked for."
                )
        );
    }

    [Test]
    public void Evaluate_WrongOptions_ListsAllFaults() =>
        Assert.That(
            () =>
                StreamEvaluator.Evaluate(
                    lines.Path,
                    new StreamOptions
                    {
                        Streams = 0,
                        Segments = 1,
                        Part = -1,
                    }
                ),
            Throws.ArgumentException.With.Message.StartsWith(
                "The options have 3 fault(s): Streams: expected 1 to 100000, got 0. Segments: expected 2 to 1000, got 1. Part: expected 0 or more, got -1."
            )
        );
}
