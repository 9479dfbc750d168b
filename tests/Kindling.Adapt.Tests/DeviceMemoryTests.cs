using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>The code for a GPU's memory, with buffers in memory that ONNX Runtime allocates on the processor: the same bits as without.</summary>
public sealed class DeviceMemoryTests
{
    [TestCase("linear")]
    [TestCase("sinusoid")]
    [TestCase("glyphs-5w1s")]
    public async Task Buffers_OfADevice_GiveTheSameBits(string bundle)
    {
        float[][] expected = await Results(bundle, memory: null);
        Assert.That(expected, Has.All.Some.Not.Zero);
        Assert.That(await Results(bundle, "Cpu"), Is.EqualTo(expected));
    }

    [Test]
    public void Memory_ThatDoesNotExist_IsNamed() =>
        Assert.That(
            () => AdaptableModel.Open(Root.Combine("models", "linear", "bundle"), new AdaptOptions { BufferMemory = "Cuda" }),
            Throws.TypeOf<MissingRuntimeException>().With.Message.StartWith("The memory 'Cuda' of device 0 cannot be used.")
        );

    // Losses, parameters and predictions of one adaptation after another, with a judge and without, and of several at once.
    private static async Task<float[][]> Results(string bundle, string? memory)
    {
        using AdaptableModel model = AdaptableModel.Open(
            Root.Combine("models", bundle, "bundle"),
            new AdaptOptions { BufferMemory = memory, RequireImprovement = false }
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

    private static SupportSet Support(BundleManifest manifest, int seed)
    {
        FloatTensor[] inputs = [.. Enumerable.Range(0, 10).Select(i => Single(manifest, (100 * seed) + i))];
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
