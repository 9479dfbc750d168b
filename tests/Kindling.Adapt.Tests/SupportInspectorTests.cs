using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

public sealed class SupportInspectorTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Rates = [0.4f] });
        TestBundles.Linear(_folder["line"], new TestBundleOptions { Steps = 30, Rates = [0.02f] });
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Adapt_GoodExamples_NothingIsReported()
    {
        Assert.That(Findings("b", Data.Three), Is.Empty);
        Assert.That(Findings("line", Data.Line), Is.Empty);
    }

    [Test]
    public void Adapt_EqualExamples_AreDuplicatesOrContradictions()
    {
        FloatTensor same = Data.Point(0.5f, 0.5f);
        FloatTensor other = Data.Point(-1, 0.25f);
        SupportSet support = SupportSet.FromTensors(
            new FloatTensor([6, 2], [.. same.Values, .. other.Values, .. other.Values, .. same.Values, .. other.Values, 1, -1]),
            [0, 1, 1, 1, 1, 0],
            ["ant", "bee"]
        );

        IReadOnlyList<SupportFinding> findings = Findings("b", support);

        Assert.That(
            findings.Select(finding => (finding.Kind, finding.Message)),
            Is.EqualTo(
                new[]
                {
                    (SupportFindingKind.Contradiction, "Examples 0 ('ant') and 3 ('bee') are equal, but their labels are not."),
                    (SupportFindingKind.Duplicate, "Examples 1, 2 and 4 are equal."),
                }
            )
        );
        Assert.That(findings[0].Examples, Is.EqualTo(new[] { 0, 3 }));
        Assert.That(findings[1].Examples, Is.EqualTo(new[] { 1, 2, 4 }));
    }

    [Test]
    public void Adapt_EqualInputsOfAFunction_AreCompared()
    {
        SupportSet support = SupportSet.FromTargets(new FloatTensor([4, 1], [1, 2, 1, 2]), new FloatTensor([4, 1], [2, 4, 2, 5]));

        Assert.That(
            Findings("line", support).Select(finding => finding.Message),
            Is.EqualTo(new[] { "Examples 0 and 2 are equal.", "Examples 1 (4) and 3 (5) are equal, but their labels are not." })
        );
    }

    [Test]
    public void Adapt_MislabelledExample_IsAnOutlier()
    {
        SupportSet support = SupportSet.FromTensors(
            new FloatTensor([8, 2], [1, 0, 1.1f, 0.1f, 0.9f, -0.1f, -1, 0.9f, -1, 1, -1.1f, 0.9f, -0.9f, 1.1f, 1, 0.05f]),
            [0, 0, 0, 0, 1, 1, 1, 0],
            ["ant", "bee"]
        );

        IReadOnlyList<SupportFinding> findings = Findings("b", support);

        Assert.That(
            findings.Select(finding => (finding.Kind, finding.Examples[0], finding.Message)),
            Is.EqualTo(
                new[] { (SupportFindingKind.Outlier, 3, "Example 3 ('ant') looks like those of 'bee' and unlike the others of its class.") }
            )
        );
    }

    [Test]
    public void Adapt_TargetFarOff_IsAnOutlier()
    {
        float[] x = [.. Enumerable.Range(0, 9).Select(i => 1 + (0.5f * i))];
        float[] y = [.. x.Select((value, i) => (2 * value) + (i % 2 == 0 ? 0.05f : -0.05f))];
        y[4] += 3;
        SupportSet support = SupportSet.FromTargets(new FloatTensor([9, 1], x), new FloatTensor([9, 1], y));

        IReadOnlyList<SupportFinding> findings = Findings("line", support);

        Assert.That(findings.Select(finding => (finding.Kind, finding.Examples[0])), Is.EqualTo(new[] { (SupportFindingKind.Outlier, 4) }));
        Assert.That(
            findings[0].Message,
            Does.Match("^Example 4 is 2\\.\\d+ away from what the fitted model predicts, most are within 0\\.\\d+\\.$")
        );
    }

    private IReadOnlyList<SupportFinding> Findings(string bundle, SupportSet support)
    {
        using AdaptableModel model = AdaptableModel.Open(_folder[bundle]);
        using Learner learner = model.CreateLearner();
        AdaptReport report = learner.Adapt(support);
        Assert.That(report.Accepted, Is.True, report.Reason);
        return report.Findings;
    }
}
