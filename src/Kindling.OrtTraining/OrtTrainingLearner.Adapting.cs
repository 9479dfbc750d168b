using Kindling.Bundles;

namespace Kindling.OrtTraining;

public sealed partial class OrtTrainingLearner
{
    /// <inheritdoc cref="Adapt(AdaptRequest, IProgress{AdaptProgress}?, CancellationToken)"/>
    public AdaptReport Adapt(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => Adapt(new AdaptRequest { Support = support }, progress, cancellationToken);

    /// <summary>As <see cref="Adapt(AdaptRequest, IProgress{AdaptProgress}?, CancellationToken)"/>, on the thread pool.</summary>
    public Task<AdaptReport> AdaptAsync(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => AdaptAsync(new AdaptRequest { Support = support }, progress, cancellationToken);

    /// <summary>As <see cref="Adapt(AdaptRequest, IProgress{AdaptProgress}?, CancellationToken)"/>, on the thread pool.</summary>
    public Task<AdaptReport> AdaptAsync(
        AdaptRequest request,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => Task.Run(() => Adapt(request, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Fits the learner to labelled examples in a training session of its own, with a fresh optimiser: the trainer's inner loop, one training step and one
    /// optimiser step each. New class names take free head slots. A failed, cancelled or not accepted adaptation leaves the learner as it was.
    /// </summary>
    /// <remarks>
    /// The time budget and cancellation take effect between steps: this engine cannot be stopped within one. The report's findings are duplicates and
    /// contradictions; outliers are not looked for, since the evaluation model yields no features.
    /// </remarks>
    /// <param name="request">The examples, what judges the result, and limits.</param>
    /// <param name="progress">Told after each step, on the adapting thread; may be null.</param>
    /// <param name="cancellationToken">Stops before the next step.</param>
    /// <exception cref="ArgumentException">The request has faults, of which all are listed, or its examples do not fit the model.</exception>
    /// <exception cref="NotSupportedException"><see cref="AdaptRequest.PauseFile"/> is set: this engine does not hand out its optimiser's state.</exception>
    /// <exception cref="InvalidOperationException">Another adaptation of this learner is running.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public AdaptReport Adapt(AdaptRequest request, IProgress<AdaptProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        AdaptCourse.Check(request);
        if (request.PauseFile is not null)
        {
            throw new NotSupportedException(
                "PauseFile: ONNX Runtime Training does not hand out its optimiser's state, so that an adaptation cannot go on from a file; Kindling.Adapt can."
            );
        }

        using Turns.Turn turn = TakeTurn();
        using Adaptation adaptation = new(_model, Read(), request);
        AdaptReport report = adaptation.Run(progress, cancellationToken);
        if (report.Accepted)
        {
            Publish(adaptation.Result);
        }

        return report;
    }
}
