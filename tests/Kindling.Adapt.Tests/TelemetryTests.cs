using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

[NonParallelizable]
public sealed class TelemetryTests
{
    private readonly List<(string Instrument, double Value, string Outcome)> _measured = [];
    private readonly List<Activity> _activities = [];
    private TemporaryFolder _folder = null!;
    private MeterListener _meters = null!;
    private ActivityListener _listener = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.4f] });
        _measured.Clear();
        _activities.Clear();
        _meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == AdaptTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.Start();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == AdaptTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = _activities.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [TearDown]
    public void TearDown()
    {
        _meters.Dispose();
        _listener.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Adapt_AnyOutcome_IsMeasured()
    {
        List<AdaptReport> told = [];
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { Adapted = told.Add });
        using Learner learner = model.CreateLearner();
        AdaptReport accepted = learner.Adapt(Data.Three);
        AdaptReport rejected = learner.Adapt(
            new AdaptRequest
            {
                Support = Data.Three,
                Steps = AdaptRequest.MaximumSteps,
                TimeBudget = TimeSpan.FromMilliseconds(5),
            }
        );
        Assert.That(() => learner.Adapt(Data.Line), Throws.ArgumentException);
        Assert.That(
            () => learner.Adapt(Data.Three, cancellationToken: new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );

        Assert.That(told, Is.EqualTo(new[] { accepted, rejected }));
        Assert.That(
            _measured.Where(m => m.Instrument == AdaptTelemetry.Steps).Select(m => (m.Value, m.Outcome)),
            Is.EqualTo(new[] { (5, "accepted"), (rejected.Steps, "rejected"), (0, "failed"), (0d, "cancelled") })
        );
        Assert.That(
            _measured.Where(m => m.Instrument == AdaptTelemetry.Duration).Select(m => m.Value),
            Has.Exactly(4).Items.And.All.GreaterThan(0)
        );
        Assert.That(
            _activities.Select(activity => (activity.GetTagItem("kindling.outcome"), activity.Status)),
            Is.EqualTo(
                new (object?, ActivityStatusCode)[]
                {
                    ("accepted", ActivityStatusCode.Unset),
                    ("rejected", ActivityStatusCode.Unset),
                    ("failed", ActivityStatusCode.Error),
                    ("cancelled", ActivityStatusCode.Error),
                }
            )
        );
        Assert.That(_activities[0].GetTagItem("kindling.reason"), Is.EqualTo(accepted.Reason));
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string outcome = "";
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            outcome = tag.Key == "kindling.outcome" ? (string)tag.Value! : outcome;
        }

        _measured.Add((instrument.Name, value, outcome));
    }
}
