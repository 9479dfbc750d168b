using Kindling.Bundles;

namespace Kindling.Adapt;

public sealed partial class Learner
{
    /// <inheritdoc/>
    public Task<AdaptReport> AdaptAsync(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => AdaptAsync(new AdaptRequest { Support = support }, progress, cancellationToken);

    /// <inheritdoc/>
    public Task<AdaptReport> AdaptAsync(
        AdaptRequest request,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => Task.Run(() => Adapt(request, progress, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public AdaptReport Adapt(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => Adapt(new AdaptRequest { Support = support }, progress, cancellationToken);

    /// <inheritdoc/>
    public AdaptReport Adapt(AdaptRequest request, IProgress<AdaptProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        AdaptCourse.Check(request);
        using Turns.Turn turn = TakeTurn();
        Snapshot before = Acquire();
        try
        {
            AdaptReport report = AdaptTelemetry.Measure(
                _model,
                () =>
                {
                    using Adaptation adaptation = new(_model, before, request);
                    AdaptReport report = adaptation.Run(progress, cancellationToken);
                    if (report.Accepted)
                    {
                        Publish(adaptation.TakeResult());
                    }

                    return report;
                }
            );
            _model.Options.Adapted?.Invoke(report);
            return report;
        }
        finally
        {
            before.Release();
        }
    }
}
