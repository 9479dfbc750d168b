using System.Diagnostics;
using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

public sealed class AllocationTests
{
    [Test]
    public void Predict_Repeated_AllocatesNextToNothing()
    {
        using TemporaryFolder folder = new();
        TestBundles.Classifier(folder["b"]);
        using AdaptableModel model = AdaptableModel.Open(folder["b"]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        FloatTensor input = Data.Point(0.2f, 0.3f);
        float[] scores = new float[3];

        double spans = BytesPerCall(() => learner.Predict(input.Values, scores));
        double objects = BytesPerCall(() => learner.Predict(input));

        TestContext.Out.WriteLine($"managed bytes per prediction: spans {spans:0.0}, Prediction object {objects:0.0}");
        Assert.That(spans, Is.LessThanOrEqualTo(1));
        Assert.That(objects, Is.LessThanOrEqualTo(256));
    }

    [Test]
    public void Adapt_MoreSteps_AllocateNothingMore()
    {
        using TemporaryFolder folder = new();
        TestBundles.Classifier(folder["b"], new TestBundleOptions { Rates = [1e-6f] });
        long few = Allocated(folder["b"], 10);
        long many = Allocated(folder["b"], 1010);

        double perStep = (many - few) / 1000.0;
        TestContext.Out.WriteLine($"managed bytes per step {perStep:0.0}");
        // A float of the list of losses, grown by doubling, and nothing else.
        Assert.That(perStep, Is.LessThanOrEqualTo(16));
    }

    [Test]
    public void Adapt_StepTime_IsStated()
    {
        using TemporaryFolder folder = new();
        TestBundles.Classifier(folder["b"], new TestBundleOptions { Rates = [1e-6f] });
        using AdaptableModel model = AdaptableModel.Open(folder["b"], new AdaptOptions { Steps = 2000, RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        learner.Reset();
        Stopwatch watch = Stopwatch.StartNew();
        learner.Adapt(Data.Three);
        double step = watch.Elapsed.TotalMicroseconds / 2000;
        watch.Restart();
        float[] scores = new float[3];
        float[] input = [0.1f, 0.2f];
        for (int i = 0; i < 10_000; i++)
        {
            learner.Predict(input, scores);
        }

        TestContext.Out.WriteLine($"{step:0.0} us a step, {watch.Elapsed.TotalMicroseconds / 10_000:0.00} us a prediction (tiny model)");
        Assert.That(learner.Steps, Is.EqualTo(2000));
    }

    private static double BytesPerCall(Action call)
    {
        const int Calls = 2000;
        for (int i = 0; i < 200; i++)
        {
            call();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Calls; i++)
        {
            call();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
    }

    private static long Allocated(string bundle, int steps)
    {
        using AdaptableModel model = AdaptableModel.Open(bundle, new AdaptOptions { Steps = steps, RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Three);
        long before = GC.GetAllocatedBytesForCurrentThread();
        learner.Adapt(Data.Three);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
