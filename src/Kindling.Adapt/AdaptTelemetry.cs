using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// What adaptations tell monitoring: an activity each (a batch of several users has one), and two instruments, with the model's name and the outcome as tags. The outcome is
/// <c>accepted</c>, <c>rejected</c>, <c>cancelled</c> or <c>failed</c>. Predictions tell nothing: they take no more than the run itself.
/// </summary>
public static class AdaptTelemetry
{
    /// <summary>Name of the activity source and of the meter.</summary>
    public const string Name = "Kindling.Adapt";

    /// <summary>Name of the activity and of the histogram of its seconds.</summary>
    public const string Duration = "kindling.adapt.duration";

    /// <summary>Name of the counter of inner steps.</summary>
    public const string Steps = "kindling.adapt.steps";

    private const string Activity = "kindling.adapt";
    private const string Model = "kindling.model";
    private const string Outcome = "kindling.outcome";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> DurationSeconds = Meter.CreateHistogram<double>(Duration, "s", "Time of an adaptation");
    private static readonly Counter<long> StepCount = Meter.CreateCounter<long>(Steps, "{step}", "Inner steps run");

    /// <summary>Runs adaptations, one or several at once, and tells of each.</summary>
    internal static IReadOnlyList<AdaptReport> Measure(AdaptableModel model, Func<IReadOnlyList<AdaptReport>> adapt)
    {
        using Activity? activity = Source.StartActivity(Activity)?.SetTag(Model, model.Manifest.Name);
        TimeProvider clock = model.Options.TimeProvider;
        long started = clock.GetTimestamp();
        try
        {
            IReadOnlyList<AdaptReport> reports = adapt();
            TimeSpan elapsed = clock.GetElapsedTime(started);
            foreach (AdaptReport report in reports)
            {
                Tell(model, OutcomeOf(report), elapsed, report.Steps);
            }

            if (reports is [var only])
            {
                _ = activity?.SetTag("kindling.reason", only.Reason).SetTag(Outcome, OutcomeOf(only)).SetTag(Steps, only.Steps);
            }
            else
            {
                _ = activity?.SetTag("kindling.users", reports.Count).SetTag("kindling.accepted", reports.Count(report => report.Accepted));
            }

            return reports;
        }
        catch (Exception e)
        {
            string outcome = e is OperationCanceledException ? "cancelled" : "failed";
            Tell(model, outcome, clock.GetElapsedTime(started), steps: 0);
            activity?.SetTag(Outcome, outcome).SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
    }

    private static string OutcomeOf(AdaptReport report) => report.Accepted ? "accepted" : "rejected";

    private static void Tell(AdaptableModel model, string outcome, TimeSpan elapsed, int steps)
    {
        TagList tags = new() { { Model, model.Manifest.Name }, { Outcome, outcome } };
        DurationSeconds.Record(elapsed.TotalSeconds, tags);
        StepCount.Add(steps, tags);
    }
}
