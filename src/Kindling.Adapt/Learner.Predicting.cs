using Kindling.Bundles;

namespace Kindling.Adapt;

public sealed partial class Learner
{
    /// <inheritdoc/>
    public Prediction Predict(FloatTensor input) => Predict(_ => input);

    /// <inheritdoc/>
    public Prediction Predict(ImageInput image) => Predict(snapshot => _model.Manifest.Prepare(image, snapshot.Invert));

    /// <inheritdoc/>
    public Prediction Predict(string text) => Predict(_ => _model.Manifest.Prepare(text));

    /// <inheritdoc/>
    public Prediction Predict(AudioInput audio) => Predict(_ => _model.Manifest.Prepare(audio));

    private Prediction Predict(Func<Snapshot, FloatTensor> prepare)
    {
        Snapshot snapshot = Acquire();
        try
        {
            FloatTensor input = prepare(snapshot);
            _ = InputCheck.FiniteBatch(_model.Manifest, input, single: true, nameof(input));
            float[] values = new float[snapshot.Heads.Used];
            int best = Score(snapshot, input.Values, values);
            return snapshot.Heads.Prediction(best, values);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <summary>Predicts for one input without allocating managed memory.</summary>
    /// <param name="input">The values of one input, row-major.</param>
    /// <param name="scores">
    /// Gets the probability of each class in slot order (of every slot before the first adaptation), or the outputs; may be longer.
    /// </param>
    /// <returns>Index of the most likely class; -1 for regression.</returns>
    /// <exception cref="ArgumentException">The input has another length or is not finite, or <paramref name="scores"/> is too short.</exception>
    public int Predict(ReadOnlySpan<float> input, Span<float> scores)
    {
        Snapshot snapshot = Acquire();
        try
        {
            int used = snapshot.Heads.Used;
            if (scores.Length < used)
            {
                throw new ArgumentException($"Expected room for {used} scores, got {scores.Length}.", nameof(scores));
            }

            int expected = InputLength(_model.Manifest);
            if (input.Length != expected)
            {
                throw new ArgumentException(
                    $"One input of '{_model.Manifest.Name}' has {expected} values, it came with {input.Length}.",
                    nameof(input)
                );
            }

            InputCheck.Finite(input, 1, "Input", nameof(input));
            return Score(snapshot, input, scores);
        }
        finally
        {
            snapshot.Release();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Prediction> PredictBatch(FloatTensor inputs)
    {
        Snapshot snapshot = Acquire();
        try
        {
            return snapshot.Heads.Predictions(Inference.Outputs(snapshot, inputs, CheckBatch(inputs)));
        }
        finally
        {
            snapshot.Release();
        }
    }

    private static int Score(Snapshot snapshot, ReadOnlySpan<float> input, Span<float> scores)
    {
        InferContext context = snapshot.Rent(1);
        try
        {
            input.CopyTo(context.Input);
            context.Run();
            return snapshot.Heads.Score(context.Output, scores);
        }
        finally
        {
            snapshot.Return(context);
        }
    }

    private static int InputLength(BundleManifest manifest)
    {
        int length = 1;
        for (int i = 1; i < manifest.Input.Shape.Count; i++)
        {
            length *= manifest.Input.Shape[i]!.Value;
        }

        return length;
    }

    private int CheckBatch(FloatTensor inputs) => InputCheck.FiniteBatch(_model.Manifest, inputs, single: false, nameof(inputs));
}
