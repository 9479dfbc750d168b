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
        return Adapted(request, progress, cancellationToken);
    }

    /// <summary>Runs an adaptation; the caller has checked the request and has the turn.</summary>
    private AdaptReport Adapted(
        AdaptRequest request,
        IProgress<AdaptProgress>? progress,
        CancellationToken cancellationToken,
        bool onStream = false
    )
    {
        AdaptReport report = AdaptTelemetry.Measure(
            _model,
            () =>
            {
                using PendingAdaptation pending = new(this, request, onStream);
                return [pending.Accept(pending.Adaptation.Run(progress, cancellationToken))];
            }
        )[0];
        _model.Options.Adapted?.Invoke(report);
        return report;
    }

    /// <summary>Whether this learner is one of a model's.</summary>
    internal bool IsOf(AdaptableModel model) => ReferenceEquals(_model, model);

    /// <summary>Takes the turn for an adaptation among many; disposing it gives the turn back.</summary>
    internal PendingAdaptation Begin(AdaptRequest request)
    {
        AdaptCourse.Check(request);
        Turns.Turn turn = TakeTurn();
        try
        {
            return new PendingAdaptation(this, request) { Turn = turn };
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>An adaptation of a learner between its request and its result.</summary>
    internal sealed class PendingAdaptation : IDisposable
    {
        private readonly Learner _learner;
        private readonly Snapshot _before;

        internal PendingAdaptation(Learner learner, AdaptRequest request, bool onStream = false)
        {
            _learner = learner;
            _before = learner.Acquire();
            try
            {
                Adaptation = new Adaptation(learner._model, _before, request, onStream);
            }
            catch
            {
                _before.Release();
                throw;
            }
        }

        internal Adaptation Adaptation { get; }

        /// <summary>The turn to give back, where this owns it.</summary>
        internal IDisposable? Turn { private get; init; }

        /// <summary>Lets the learner take over what was accepted.</summary>
        internal AdaptReport Accept(AdaptReport report)
        {
            if (report.Accepted)
            {
                _learner.Publish(Adaptation.TakeResult());
            }

            return report;
        }

        public void Dispose()
        {
            Adaptation.Dispose();
            _before.Release();
            Turn?.Dispose();
        }
    }
}
