using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>The code for a GPU's memory, with buffers in memory that ONNX Runtime allocates on the processor: the same bits as without.</summary>
public sealed class DeviceMemoryTests
{
    [TestCase("linear", false)]
    [TestCase("sinusoid", false)]
    [TestCase("glyphs-5w1s", false)]
    [TestCase("linear", true)]
    [TestCase("sinusoid", true)]
    [TestCase("glyphs-5w1s", true)]
    public async Task Buffers_OfADevice_GiveTheSameBits(string bundle, bool fixedSizes)
    {
        float[][] expected = await Results(bundle, memory: null);
        Assert.That(expected, Has.All.Some.Not.Zero);
        Assert.That(await Results(bundle, "Cpu", fixedSizes), Is.EqualTo(expected));
    }

    // More numbers of examples than buffers are kept, the first of them again at the end.
    [Test]
    public void FixedSizes_ManyNumbersOfExamples_EachGivesTheSameBits()
    {
        float[][] Losses(bool fixedSizes)
        {
            using AdaptableModel model = AdaptableModel.Open(
                Root.Combine("models", "sinusoid", "bundle"),
                new AdaptOptions { BufferMemory = fixedSizes ? "Cpu" : null, FixedSizes = fixedSizes }
            );
            using Learner learner = model.CreateLearner();
            int[] counts = [.. Enumerable.Range(1, Environment.ProcessorCount + 2), 1];
            return
            [
                .. counts.Select(count =>
                    learner
                        .Adapt(new AdaptRequest { Support = Support(model.Manifest, seed: count, count), FromStart = true })
                        .Losses.ToArray()
                ),
            ];
        }

        Assert.That(Losses(fixedSizes: true), Is.EqualTo(Losses(fixedSizes: false)));
    }

    [Test]
    public void CudaGraphs_OnAnotherProvider_IsAFault() =>
        Assert.That(
            new AdaptOptions { CudaGraphs = true }.Validate(),
            Is.EqualTo(new[] { "CudaGraphs: expected Provider Cuda, got Cpu." })
        );

    // Losses, parameters and predictions of one adaptation after another, with a judge and without, and of several at once.
    private static async Task<float[][]> Results(string bundle, string? memory, bool fixedSizes = false)
    {
        using AdaptableModel model = AdaptableModel.Open(
            Root.Combine("models", bundle, "bundle"),
            new AdaptOptions
            {
                BufferMemory = memory,
                FixedSizes = fixedSizes,
                RequireImprovement = false,
            }
        );
        using Learner learner = model.CreateLearner();
        using Learner other = model.CreateLearner();
        SupportSet support = Support(model.Manifest, seed: 1);
        List<float[]> results = [];
        foreach (
            AdaptRequest request in new[]
            {
                new AdaptRequest { Support = support },
                new AdaptRequest { Support = support, HoldOut = 0.4 },
            }
        )
        {
            AdaptReport report = learner.Adapt(request);
            results.Add([.. report.Losses]);
            results.AddRange(learner.Parameters.Values.Select(tensor => tensor.Values));
            results.AddRange(learner.PredictBatch(support.Inputs).Select(prediction => prediction.Values.ToArray()));
            results.Add([.. learner.Predict(Single(model.Manifest, seed: 2)).Values]);
        }

        _ = await model.AdaptManyAsync([
            (learner, new AdaptRequest { Support = support }),
            (other, new AdaptRequest { Support = Support(model.Manifest, seed: 3) }),
        ]);
        results.AddRange(other.Parameters.Values.Select(tensor => tensor.Values));
        results.Add([.. learner.Predict(Single(model.Manifest, seed: 4)).Values]);
        return [.. results];
    }

    private static SupportSet Support(BundleManifest manifest, int seed, int count = 10)
    {
        FloatTensor[] inputs = [.. Enumerable.Range(0, count).Select(i => Single(manifest, (100 * seed) + i))];
        return manifest.IsClassification
            ? SupportSet.FromExamples(inputs.Select((input, i) => ($"class {i % 5}", input)))
            : SupportSet.FromTargets(inputs.Select((input, i) => (input, new FloatTensor([1], [MathF.Sin(input.Values[0])]))));
    }

    private static FloatTensor Single(BundleManifest manifest, int seed)
    {
        Random random = new(seed);
        int[] shape = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
        return new FloatTensor(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (p, q) => p * q)).Select(_ => random.NextSingle())]);
    }
}
