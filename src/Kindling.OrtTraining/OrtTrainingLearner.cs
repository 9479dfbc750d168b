using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>
/// A model as adapted to one user or task, by ONNX Runtime's on-device training. Predictions may run from several threads and while an adaptation runs:
/// they take turns on the model's session, and see the parameters of the last accepted adaptation. One adaptation at a time.
/// </summary>
public sealed partial class OrtTrainingLearner : ILearner
{
    private readonly OrtTrainingModel _model;
    private readonly Lock _lock = new();
    private readonly Turns _turns = new();

    /// <summary>What <see cref="Rollback"/> goes back to, the last one first to go.</summary>
    private readonly List<LearnerState> _earlier = [];
    private LearnerState _current;
    private bool _disposed;

    internal OrtTrainingLearner(OrtTrainingModel model, LearnerState state)
    {
        _model = model;
        _current = state;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => Read().Heads.Classes;

    /// <inheritdoc/>
    public int Steps => Read().Steps;

    /// <inheritdoc/>
    public float? ConfidenceThreshold => Read().Heads.Threshold;

    /// <summary>How pictures are inverted before prediction: as those of the last adaptation were; null: as the bundle says.</summary>
    public ImageInversion? Invert => Read().Invert;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input has another shape or is not finite.</exception>
    public Prediction Predict(FloatTensor input) => Predict(input, Read());

    /// <inheritdoc/>
    public Prediction Predict(ImageInput image)
    {
        LearnerState state = Read();
        return Predict(_model.Manifest.Prepare(image, state.Invert), state);
    }

    /// <inheritdoc/>
    public Prediction Predict(string text) => Predict(_model.Manifest.Prepare(text), Read());

    /// <inheritdoc/>
    public Prediction Predict(AudioInput audio) => Predict(_model.Manifest.Prepare(audio), Read());

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The inputs have another shape or are not finite.</exception>
    public IReadOnlyList<Prediction> PredictBatch(FloatTensor inputs)
    {
        LearnerState state = Read();
        _ = InputCheck.FiniteBatch(_model.Manifest, inputs, single: false, nameof(inputs));
        return state.Heads.Predictions(_model.Outputs(state, inputs));
    }

    /// <summary>
    /// Writes what adaptation changed to a file of its own, atomically; Kindling.Adapt opens it too. The file can reveal the examples: treat it like them.
    /// </summary>
    /// <param name="path">Final path.</param>
    public void Save(string path) => Read().ToDelta(_model.Manifest).Write(path, _model.Options.SavedGenerations);

    /// <summary>Writes the bundle's self-contained ONNX model with this learner's parameters; any ONNX Runtime runs it.</summary>
    /// <param name="path">Final path.</param>
    /// <exception cref="BundleException">The bundle brings no self-contained model.</exception>
    public void Bake(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        LearnerState state = Read();
        using BundleFiles files = _model.Reopen();
        ModelBaker.Bake(files, state.Heads, state.Tensors, path);
    }

    /// <inheritdoc/>
    public float Calibrate(SupportSet support, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(support);
        using Turns.Turn turn = TakeTurn();
        float threshold = Calibration.Threshold(_model, support, cancellationToken);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _current = _current.Calibrated(threshold);
        }

        return threshold;
    }

    /// <inheritdoc/>
    public bool Rollback()
    {
        using Turns.Turn turn = TakeTurn();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_earlier.Count == 0)
            {
                return false;
            }

            _current = _earlier[^1];
            _earlier.RemoveAt(_earlier.Count - 1);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        using Turns.Turn turn = TakeTurn();
        Publish(_model.Start);
    }

    /// <summary>Lets go of the learner's states; what was not saved is lost.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _earlier.Clear();
        }
    }

    private Prediction Predict(FloatTensor input, LearnerState state)
    {
        _ = InputCheck.FiniteBatch(_model.Manifest, input, single: true, nameof(input));
        int[] shape = [1, .. _model.Manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
        return state.Heads.Predictions(_model.Outputs(state, new FloatTensor(shape, input.Values)))[0];
    }

    private LearnerState Read()
    {
        _model.ThrowIfDisposed();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _current;
        }
    }

    /// <summary>Makes a state the present one; those before it stay for <see cref="Rollback"/>, as many as the options say.</summary>
    private void Publish(LearnerState state)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _earlier.Add(_current);
            _current = state;
            _earlier.RemoveRange(0, Math.Max(0, _earlier.Count - _model.Options.RollbackDepth));
        }
    }

    private Turns.Turn TakeTurn()
    {
        _model.ThrowIfDisposed();
        return _turns.Take();
    }
}
