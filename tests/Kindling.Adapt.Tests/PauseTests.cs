using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Adaptations that are interrupted and go on.</summary>
public sealed class PauseTests
{
    private const int Steps = 40;
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Linear(
            _folder["adam"],
            new TestBundleOptions
            {
                Steps = Steps,
                Optimizer = "adam",
                Rates = [0.05f, 0.02f],
            }
        );
        TestBundles.Linear(
            _folder["parts"],
            new TestBundleOptions
            {
                Steps = Steps,
                Optimizer = "adam",
                Rates = [0.05f, 0.02f],
                Batch = 2,
            }
        );
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = Steps, Normalization = "support" });
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("adam", 0, false)]
    [TestCase("adam", 7, false)]
    [TestCase("adam", Steps - 1, false)]
    [TestCase("adam", 13, true)]
    [TestCase("parts", 7, false)]
    [TestCase("parts", 12, true, "Cpu")]
    [TestCase("b", 7, false)]
    [TestCase("b", 13, true)]
    [TestCase("adam", 13, true, "Cpu")]
    [TestCase("b", 13, true, "Cpu")]
    public void Adapt_PausedAndGoneOnInANewModel_EqualsOneThatWasNotBitForBit(
        string bundle,
        int pauseAfter,
        bool judged,
        string? memory = null
    )
    {
        AdaptRequest request = Request(bundle, judged);
        AdaptReport whole;
        byte[] expected;
        using (AdaptableModel model = AdaptableModel.Open(_folder[bundle]))
        {
            using Learner learner = model.CreateLearner();
            whole = learner.Adapt(Request(bundle, judged, pausable: false));
            learner.Save(_folder["whole.adapted"]);
            expected = File.ReadAllBytes(_folder["whole.adapted"]);
        }

        // Twice, for a pause that follows a pause.
        foreach (int at in pauseAfter + 5 < Steps ? new[] { pauseAfter, pauseAfter + 5 } : [pauseAfter])
        {
            using AdaptableModel model = AdaptableModel.Open(_folder[bundle], new AdaptOptions { BufferMemory = memory });
            using Learner learner = model.CreateLearner();
            using CancellationTokenSource cancel = new();
            Assert.That(
                () => learner.Adapt(request, new CancelAt(at, cancel), cancel.Token),
                Throws.InstanceOf<OperationCanceledException>()
            );
            Assert.That(learner.Steps, Is.Zero);
            Assert.That(File.Exists(_folder["paused"]), Is.True);
        }

        using AdaptableModel again = AdaptableModel.Open(_folder[bundle], new AdaptOptions { BufferMemory = memory });
        using Learner other = again.CreateLearner();
        _ = other.Adapt(Request(bundle, judged, pausable: false)); // leaves its own values in the buffers
        using Learner resumed = again.CreateLearner();
        Recorder recorder = new();
        AdaptReport report = resumed.Adapt(request, recorder);
        resumed.Save(_folder["resumed.adapted"]);

        Assert.That(recorder.First ?? Steps, Is.GreaterThan(pauseAfter), "it did not begin anew");
        Assert.That(report.Losses, Is.EqualTo(whole.Losses));
        Assert.That(report.Validation, Is.EqualTo(whole.Validation));
        Assert.That((report.TakenStep, report.Reason), Is.EqualTo((whole.TakenStep, whole.Reason)));
        Assert.That(File.ReadAllBytes(_folder["resumed.adapted"]), Is.EqualTo(expected));
        Assert.That(File.Exists(_folder["paused"]), Is.False);
    }

    // The clock stops a step wherever it is: where it takes the examples in parts, between two of them as well.
    [Test]
    public void Adapt_InSlicesOfTime_ComesToTheSameEnd([Values(null, 1, 4)] int? batch)
    {
        TestBundles.Classifier(
            _folder["sliced"],
            new TestBundleOptions { Normalization = batch is null ? "support" : "none", Batch = batch }
        );
        using AdaptableModel model = AdaptableModel.Open(_folder["sliced"], new AdaptOptions { Steps = 3000 });
        using Learner whole = model.CreateLearner();
        using Learner sliced = model.CreateLearner();
        AdaptReport expected = whole.Adapt(Data.Three);
        AdaptRequest slice = new()
        {
            Support = Data.Three,
            TimeBudget = TimeSpan.FromMilliseconds(20),
            PauseFile = _folder["paused"],
        };

        AdaptReport report = sliced.Adapt(slice);
        int slices = 1;
        for (; !report.Accepted; slices++)
        {
            Assert.That(
                report.Reason,
                Is.EqualTo(
                    $"The time budget of 20 ms was used up after {report.Steps} of 3000 steps; the same request goes on from {_folder["paused"]}."
                )
            );
            report = sliced.Adapt(slice);
        }

        Assert.That(slices, Is.GreaterThan(1));
        Assert.That(report.Losses, Is.EqualTo(expected.Losses));
        Assert.That(sliced.Parameters["head.w"].Values, Is.EqualTo(whole.Parameters["head.w"].Values));
    }

    [TestCase("support")]
    [TestCase("steps")]
    [TestCase("learner")]
    [TestCase("bundle")]
    [TestCase("holdOut")]
    public void Adapt_PauseFileOfAnotherAdaptation_IsRefused(string difference)
    {
        Interrupt("b");
        TestBundles.Classifier(_folder["other"], new TestBundleOptions { Normalization = "support", Rates = [0.3f] });
        using AdaptableModel model = AdaptableModel.Open(_folder[difference == "bundle" ? "other" : "b"]);
        using Learner learner = model.CreateLearner();
        if (difference == "learner")
        {
            learner.Adapt(Data.Three);
        }

        AdaptRequest request = new()
        {
            Support = difference == "support" ? Data.Two : Data.Three,
            Steps = difference == "steps" ? 41 : Steps,
            HoldOut = difference == "holdOut" ? 0.2 : 0,
            PauseFile = _folder["paused"],
        };

        Assert.That(
            () => learner.Adapt(request),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{_folder["paused"]}: the paused adaptation is another one: of another bundle, other parameters of the learner, or another request. Delete the file to begin anew."
                )
        );
        Assert.That(File.Exists(_folder["paused"]), Is.True, "nothing is lost");
    }

    [Test]
    public void Adapt_DamagedPauseFile_IsRefused()
    {
        Interrupt("b");
        byte[] bytes = File.ReadAllBytes(_folder["paused"]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(_folder["paused"], bytes);
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);
        using Learner learner = model.CreateLearner();

        Assert.That(
            () => learner.Adapt(Request("b", judged: false)),
            Throws
                .TypeOf<BundleException>()
                .With.Message.StartsWith($"{_folder["paused"]}: the file is damaged or changed: expected SHA-256 ")
        );
    }

    private void Interrupt(string bundle)
    {
        using AdaptableModel model = AdaptableModel.Open(_folder[bundle]);
        using Learner learner = model.CreateLearner();
        using CancellationTokenSource cancel = new();
        Assert.That(
            () => learner.Adapt(Request(bundle, judged: false), new CancelAt(3, cancel), cancel.Token),
            Throws.InstanceOf<OperationCanceledException>()
        );
    }

    private AdaptRequest Request(string bundle, bool judged, bool pausable = true) =>
        new()
        {
            Support = bundle == "b" ? Data.Three : Data.Line,
            HoldOut = judged ? 0.2 : 0,
            PauseFile = pausable ? _folder["paused"] : null,
        };

    /// <summary>Cancels when so many steps were begun.</summary>
    private sealed class CancelAt(int steps, CancellationTokenSource source) : IProgress<AdaptProgress>
    {
        public void Report(AdaptProgress value)
        {
            if (value.Step > steps)
            {
                source.Cancel();
            }
        }
    }

    private sealed class Recorder : IProgress<AdaptProgress>
    {
        public int? First { get; private set; }

        public void Report(AdaptProgress value) => First ??= value.Step;
    }
}
