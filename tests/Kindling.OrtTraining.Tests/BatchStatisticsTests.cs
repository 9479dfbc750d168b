using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.OrtTraining.Tests;

/// <summary>Under normalisation <c>batch</c> an input by itself is another thing than in a batch.</summary>
public sealed class BatchStatisticsTests
{
    [Test]
    public void Adapt_ValidationSet_IsJudgedOneByOneAsInKindlingAdapt()
    {
        using TemporaryFolder folder = new();
        using BundleFiles files = BundleFiles.Open(Released.Bundle(Released.BatchNormalised));
        float rate = files.ReadTensors(BundleManifest.ThetaFileName).Tensors[GraphSignature.Rate("head.weight")].Values[0];
        using OrtTrainingModel model = Models.Open(Released.WithRates(Released.BatchNormalised, folder, rate));
        using AdaptableModel other = AdaptableModel.Open(Released.Bundle(Released.BatchNormalised));
        using OrtTrainingLearner learner = model.CreateLearner();
        using Learner reference = other.CreateLearner();
        AdaptRequest request = new()
        {
            Support = Released.Examples(Released.BatchNormalised),
            Validation = Released.Examples(Released.BatchNormalised, part: "query"),
            Steps = 2,
        };

        AdaptReport report = learner.Adapt(request);
        AdaptReport expected = reference.Adapt(request);

        Assert.That(files.Manifest.Normalization, Is.EqualTo("batch"));
        Assert.That(report.Losses, Is.EqualTo(expected.Losses).Within(1e-5));
        Assert.That(report.Validation, Is.EqualTo(expected.Validation).Within(1e-5));
        Assert.That(report.Accepted, Is.EqualTo(expected.Accepted));
    }
}
