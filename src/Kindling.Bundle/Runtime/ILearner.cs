namespace Kindling.Bundles;

/// <summary>
/// A model as adapted to one user or task. Predictions may run from several threads and while an adaptation runs: they see the parameters of the
/// last finished adaptation. Only one adaptation runs at a time.
/// </summary>
public interface ILearner : IDisposable
{
    /// <summary>Class names in head-slot order. Empty before the first adaptation, unless the bundle fixes its label space, and for regression.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>Accepted inner steps from the meta-initialisation to here.</summary>
    int Steps { get; }

    /// <summary>
    /// Fits the learner to labelled examples, beginning at its present parameters (call <see cref="Reset"/> first to begin anew). New class names
    /// take free head slots. A failed, cancelled or not accepted adaptation leaves the learner as it was.
    /// </summary>
    /// <param name="support">The examples.</param>
    /// <param name="progress">Told after each step, on the adapting thread; may be null.</param>
    /// <param name="cancellationToken">Stops at once, within a step too.</param>
    /// <exception cref="ArgumentException">The examples do not fit the model; the message says which and how.</exception>
    /// <exception cref="InvalidOperationException">Another adaptation of this learner is running.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="BundleException">The engine cannot run the bundle's graph, or finds too little memory for it.</exception>
    AdaptReport Adapt(SupportSet support, IProgress<AdaptProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="Adapt(SupportSet, IProgress{AdaptProgress}?, CancellationToken)"/>, on the thread pool.</summary>
    Task<AdaptReport> AdaptAsync(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// As <see cref="Adapt(SupportSet, IProgress{AdaptProgress}?, CancellationToken)"/>, with a validation set, early stopping and limits as the request says.
    /// </summary>
    /// <exception cref="ArgumentException">The request has faults, of which all are listed, or its examples do not fit the model.</exception>
    /// <exception cref="BundleException">
    /// As there; or the pause file is damaged or of another adaptation, or there is a memory budget and the bundle does not say what its graphs take.
    /// </exception>
    AdaptReport Adapt(AdaptRequest request, IProgress<AdaptProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="Adapt(AdaptRequest, IProgress{AdaptProgress}?, CancellationToken)"/>, on the thread pool.</summary>
    Task<AdaptReport> AdaptAsync(
        AdaptRequest request,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// The <see cref="Prediction.Confidence"/> from which on a prediction is <see cref="Prediction.IsConfident"/>; null where the learner is not calibrated.
    /// </summary>
    float? ConfidenceThreshold { get; }

    /// <summary>
    /// Finds out from labelled examples, usually those of the last adaptation, from which confidence on predictions count, so that they can say "none of these".
    /// Learners of up to ten parts of the examples are adapted from the meta-initialisation and asked about those left out, so that it takes as long as ten
    /// adaptations. <see cref="Save"/> keeps the threshold; the next accepted adaptation and <see cref="Reset"/> forget it.
    /// </summary>
    /// <param name="support">The examples: three classes or more, or two examples of a class.</param>
    /// <param name="cancellationToken">Stops at once; the learner stays as it was.</param>
    /// <returns><see cref="ConfidenceThreshold"/>.</returns>
    /// <exception cref="ArgumentException">The model is a regression, or there are too few examples.</exception>
    /// <exception cref="InvalidOperationException">An adaptation of this learner is running.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    float Calibrate(SupportSet support, CancellationToken cancellationToken = default);

    /// <summary>Predicts for one input.</summary>
    /// <param name="input">Shape of one input, with or without a leading batch of 1.</param>
    /// <exception cref="ArgumentException">The input has another shape or holds a number that is not finite.</exception>
    /// <exception cref="BundleException">The engine cannot run the bundle's graph, or finds too little memory for it.</exception>
    Prediction Predict(FloatTensor input);

    /// <summary>Predicts for one picture, prepared as the manifest says.</summary>
    /// <exception cref="ArgumentException">The model takes no pictures.</exception>
    Prediction Predict(ImageInput image);

    /// <summary>Predicts for one text, prepared as the manifest says.</summary>
    /// <exception cref="ArgumentException">The model takes no texts, or the text is empty or no valid Unicode.</exception>
    Prediction Predict(string text);

    /// <summary>Predicts for one recording, prepared as the manifest says.</summary>
    /// <exception cref="ArgumentException">The model takes no recordings.</exception>
    Prediction Predict(AudioInput audio);

    /// <summary>
    /// Predicts for a batch in one run. Under normalisation <c>batch</c> the statistics come from the batch, so that its inputs influence each other.
    /// </summary>
    /// <param name="inputs">Shape <c>[n, ...]</c>.</param>
    IReadOnlyList<Prediction> PredictBatch(FloatTensor inputs);

    /// <summary>Writes what adaptation changed to a file of its own, atomically. The file can reveal the examples: treat it like them.</summary>
    void Save(string path);

    /// <summary>Undoes the last accepted adaptation or reset.</summary>
    /// <returns>Whether there was one to undo; the model's options say how many are kept.</returns>
    bool Rollback();

    /// <summary>Back to the meta-initialisation, without classes.</summary>
    void Reset();

    /// <summary>Writes a self-contained ONNX model with this learner's parameters.</summary>
    /// <exception cref="BundleException">The bundle brings no self-contained model.</exception>
    void Bake(string path);
}
