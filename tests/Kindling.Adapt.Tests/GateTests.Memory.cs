using System.Globalization;
using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <content>The memory budget.</content>
public sealed partial class GateTests
{
    [Test]
    public void Adapt_MemoryBudgetTooSmall_DoesNotBeginAndSaysHowManyFit()
    {
        using AdaptableModel model = AdaptableModel.Open(Root.Combine("models", "sinusoid", "bundle"));
        using Learner learner = model.CreateLearner();
        long budget = model.Manifest.AdaptationBytes(7)!.Value;
        long needed = model.Manifest.AdaptationBytes(10)!.Value;
        SupportSet support = Curve(10);

        AdaptReport report = learner.Adapt(new AdaptRequest { Support = support, MemoryBudget = budget });

        Assert.That((report.Accepted, report.Steps, report.Losses.Count, learner.Steps), Is.EqualTo((false, 0, 0, 0)));
        Assert.That(report.LossBefore, Is.NaN);
        Assert.That(
            report.Reason,
            Is.EqualTo(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The memory budget of {budget / 1e6:0.###} MB is too small: to fit 10 examples takes about {needed / 1e6:0.###} MB, 7 would do."
                )
            )
        );
        Assert.That(learner.Adapt(new AdaptRequest { Support = Curve(7), MemoryBudget = budget }).Accepted, Is.True);
    }

    [Test]
    public void AdaptationBytes_GrowsWithBothSets()
    {
        using AdaptableModel model = AdaptableModel.Open(Root.Combine("models", "sinusoid", "bundle"));
        BundleManifest manifest = model.Manifest;
        ManifestMemory adapt = manifest.Graphs.Adapt.Memory!;
        ManifestMemory infer = manifest.Graphs.Infer.Memory!;
        long each = 2 * (adapt.BytesPerExample + infer.BytesPerExample);

        Assert.That(each, Is.Positive);
        Assert.That(manifest.AdaptationBytes(11) - manifest.AdaptationBytes(10), Is.EqualTo(each));
        Assert.That(manifest.AdaptationBytes(10, validation: 3) - manifest.AdaptationBytes(10), Is.EqualTo(3 * 2 * infer.BytesPerExample));
        Assert.That(manifest.AdaptationBytes(int.MaxValue), Is.GreaterThan(int.MaxValue));
    }

    [Test]
    public void Adapt_MemoryBudgetOfABundleThatDoesNotSay_IsRefused()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        Assert.That(model.Manifest.AdaptationBytes(6), Is.Null);
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = Data.Three, MemoryBudget = 1 << 30 }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"Bundle '{model.Manifest.Name}' does not say what memory an adaptation takes, which a memory budget needs; write it anew with `kindling export`."
                )
        );
        Assert.That(learner.Adapt(Data.Three).Accepted, Is.True, "the turn was given back");
    }

    [Test]
    public void Adapt_MemoryBudgetOfNothing_IsAFault()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = Data.Three, MemoryBudget = 0 }),
            Throws.ArgumentException.With.Message.Contains("MemoryBudget: expected null or at least 1 byte, got 0.")
        );
    }

    private static SupportSet Curve(int count) =>
        SupportSet.FromTargets(
            Enumerable.Range(0, count).Select(i => (new FloatTensor([1], [i - 5f]), new FloatTensor([1], [MathF.Sin(i - 5f)])))
        );
}
