using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt.Tests;

/// <summary>What the default build, with the processor's native package, says of each provider.</summary>
public sealed class ProviderTests
{
    private const string Nvidia =
        "the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, an NVIDIA driver, CUDA 12 and cuDNN 9";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Linear(_folder["line"]);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase(ExecutionProvider.Cuda, "CUDA", "CUDAExecutionProvider", Nvidia)]
    [TestCase(ExecutionProvider.TensorRt, "TensorRT", "TensorrtExecutionProvider", Nvidia + ", and TensorRT 10")]
    [TestCase(
        ExecutionProvider.DirectMl,
        "DirectML",
        "DmlExecutionProvider",
        "the package Microsoft.ML.OnnxRuntime.DirectML instead of Microsoft.ML.OnnxRuntime, and Windows 10 or later with a GPU for DirectX 12"
    )]
    [TestCase(ExecutionProvider.CoreMl, "CoreML", "CoreMLExecutionProvider", "macOS or iOS with the package Microsoft.ML.OnnxRuntime")]
    [TestCase(
        ExecutionProvider.OpenVino,
        "OpenVINO",
        "OpenVINOExecutionProvider",
        "the package Intel.ML.OnnxRuntime.OpenVino instead of Microsoft.ML.OnnxRuntime"
    )]
    public void Open_ProviderThatIsMissing_SaysWhatItNeeds(ExecutionProvider provider, string name, string ortName, string needs)
    {
        string[] available = OrtEnv.Instance().GetAvailableProviders();
        if (available.Contains(ortName))
        {
            Assert.Ignore($"{name} is there.");
        }

        string message = $"{name} cannot be used: it needs {needs}. The library of this program has {string.Join(", ", available)}.";
        Assert.That(
            () => AdaptableModel.Open(_folder["line"], new AdaptOptions { Provider = provider }),
            Throws.TypeOf<MissingRuntimeException>().With.Message.EqualTo(message)
        );
        Assert.That(ExecutionProviders.Fault(provider), Is.EqualTo(message));
    }

    [Test]
    public void Open_Auto_ChoosesOneThatWorksAndSaysWhy()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"], new AdaptOptions { Provider = ExecutionProvider.Auto });
        Assert.That(ExecutionProviders.Fault(model.Provider), Is.Null);
        Assert.That(
            model.ProviderReason,
            model.Provider == ExecutionProvider.Cpu
                ? Is.EqualTo("the processor, since CUDA, DirectML, CoreML cannot be used here; asking for one says what it needs.")
                : Does.EndWith("the first of CUDA, DirectML, CoreML that works here.")
        );
    }

    [Test]
    public void Open_ByDefault_IsTheProcessor()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);
        Assert.That((model.Provider, model.ProviderReason), Is.EqualTo((ExecutionProvider.Cpu, "the processor, as asked for.")));
    }

    [Test]
    public void Open_NoSuchDevice_IsRefused() =>
        Assert.That(
            () => AdaptableModel.Open(_folder["line"], new AdaptOptions { Device = -1 }),
            Throws.ArgumentException.With.Message.Contains("Device: expected 0 or more, got -1.")
        );

    // Adam keeps state between steps, the statistics come out beside the parameters, and the second adaptation finds what the first one left.
    [Test]
    [Category("Gpu")]
    public void Adapt_OnCuda_IsWhatTheProcessorDoes()
    {
        if (ExecutionProviders.Fault(ExecutionProvider.Cuda) is { } fault)
        {
            Assert.Ignore(fault);
        }

        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Normalization = "support", Optimizer = "adam" });
        using AdaptableModel processor = AdaptableModel.Open(_folder["b"]);
        using AdaptableModel gpu = AdaptableModel.Open(_folder["b"], new AdaptOptions { Provider = ExecutionProvider.Cuda });
        using Learner expected = processor.CreateLearner();
        using Learner learner = gpu.CreateLearner();
        foreach (SupportSet support in new[] { Data.Two, Data.Three, Data.Two })
        {
            AdaptReport report = learner.Adapt(support);
            Assert.That(report.Losses, Is.EqualTo(expected.Adapt(support).Losses).Within(1e-3));
            foreach ((string name, FloatTensor tensor) in expected.Parameters)
            {
                Assert.That(learner.Parameters[name].Values, Is.EqualTo(tensor.Values).Within(1e-3), name);
            }

            foreach (FloatTensor point in new[] { Data.Point(1, 0), Data.Point(-1, 1) })
            {
                Assert.That(learner.Predict(point).Values, Is.EqualTo(expected.Predict(point).Values).Within(1e-3));
            }
        }
    }
}
