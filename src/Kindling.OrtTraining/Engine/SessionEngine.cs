using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Kindling.OrtTraining;

/// <summary>
/// <see cref="TrainingSession"/> and <see cref="CheckpointState"/>, by what the managed API has in 1.19.2 and today: inputs and outputs are buffers in graph
/// order, x, y, mask and loss, statistics or loss, output.
/// </summary>
internal sealed class SessionEngine : ITrainingEngine
{
    private readonly BundleManifest _manifest;
    private readonly CheckpointState _state;
    private readonly string _source;
    private readonly SessionOptions _options;
    private readonly TrainingSession _session;

    private SessionEngine(Artifacts artifacts, BundleManifest manifest, int threads, Func<string, string> file)
    {
        _manifest = manifest;
        _source = artifacts.Source;
        _state = TrainingNative.Load(file(TrainingFolder.Checkpoint));
        _options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            // Faults arrive as exceptions; a library writes nothing to the app's error stream.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            _session = new TrainingSession(
                _options,
                _state,
                file(TrainingFolder.TrainingModel),
                file(TrainingFolder.EvaluationModel),
                file(TrainingFolder.OptimizerModel)
            );
            Check();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens a session.</summary>
    /// <exception cref="MissingRuntimeException">The program's native library cannot train.</exception>
    /// <exception cref="BundleException">The artifacts do not fit the manifest, or the engine does not accept them.</exception>
    internal static SessionEngine Open(Artifacts artifacts, BundleManifest manifest, int threads)
    {
        try
        {
            return artifacts.Unpacked(file => new SessionEngine(artifacts, manifest, threads, file));
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"{artifacts.Source}: ONNX Runtime Training does not accept these files. {e.Message}", e);
        }
    }

    public void SetRate(float rate) => _session.SetLearningRate(rate);

    public TrainingPoint TrainStep(TrainingBatch batch)
    {
        float[] loss = new float[1];
        Dictionary<string, FloatTensor> statistics = _manifest.Statistics.ToDictionary(
            statistic => statistic.Name,
            statistic => FloatTensor.Zeros([.. statistic.Shape]),
            StringComparer.Ordinal
        );
        using Buffers inputs = Inputs(batch.Inputs, batch.Mask, batch.Labels, batch.Targets);
        using Buffers outputs = new();
        outputs.Add(loss, []);
        foreach (ManifestStatistic statistic in _manifest.Statistics)
        {
            outputs.Add(statistics[statistic.Name]);
        }

        // Without it gradients add up.
        _session.LazyResetGrad();
        Run(() => _session.TrainStep(inputs.Values, outputs.Values));
        return new TrainingPoint(loss[0], statistics);
    }

    public void OptimizerStep() => Run(_session.OptimizerStep);

    public FloatTensor Evaluate(FloatTensor inputs, float[] mask)
    {
        int count = inputs.Shape[0];
        FloatTensor output = FloatTensor.Zeros([count, .. _manifest.Output.Shape]);

        // The loss is of no interest, any labels do.
        using Buffers all = _manifest.IsClassification
            ? Inputs(inputs, mask, new long[count], targets: null)
            : Inputs(inputs, mask, labels: null, FloatTensor.Zeros(count, _manifest.Output.TargetLength));
        using Buffers outputs = new();
        outputs.Add(new float[1], []);
        outputs.Add(output);
        Run(() => _session.EvalStep(all.Values, outputs.Values));
        return output;
    }

    public FloatTensor Get(string name)
    {
        using OrtValue value = _state.GetParameter(name);
        int[] shape = Array.ConvertAll(value.GetTensorTypeAndShape().Shape, size => (int)size);
        return new FloatTensor(shape, value.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Set(string name, FloatTensor value)
    {
        using OrtValue copy = OrtValue.CreateTensorValueFromMemory(value.Values, [.. value.Shape.Select(size => (long)size)]);
        _state.UpdateParameter(name, copy);
    }

    public void Dispose()
    {
        // The session stands on the state and goes first; it is missing where opening failed.
        _session?.Dispose();
        _options.Dispose();
        _state.Dispose();
    }

    private void Run(Action run)
    {
        try
        {
            run();
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"{_source}: ONNX Runtime Training cannot run this. {e.Message}", e);
        }
    }

    private static Buffers Inputs(FloatTensor inputs, float[] mask, long[]? labels, FloatTensor? targets)
    {
        Buffers buffers = new();
        buffers.Add(inputs);
        if (labels is null)
        {
            buffers.Add(targets!);
        }
        else
        {
            buffers.Add(labels);
            buffers.Add(mask, [mask.Length]);
        }

        return buffers;
    }

    /// <summary>
    /// What the engine takes for data: it sorts inputs by name, feeds them by position, and takes a parameter that the checkpoint lacks for one of them.
    /// </summary>
    private void Check()
    {
        string[] inputs = _manifest.IsClassification
            ? [_manifest.Input.Name, GraphSignature.Labels, GraphSignature.Mask]
            : [_manifest.Input.Name, GraphSignature.Labels];
        string[] trained = [GraphSignature.Loss, .. _manifest.Statistics.Select(statistic => GraphSignature.Next(statistic.Name))];
        Same("inputs of the training model", _session.InputNames(true), inputs);
        Same("outputs of the training model", _session.OutputNames(true), trained);
        Same("inputs of the evaluation model", _session.InputNames(false), inputs);
        Same("outputs of the evaluation model", _session.OutputNames(false), [GraphSignature.Loss, GraphSignature.Output]);

        void Same(string what, List<string> got, string[] expected)
        {
            if (!got.SequenceEqual(expected, StringComparer.Ordinal))
            {
                throw new BundleException(
                    $"{_source} does not fit the manifest: the {what} should be {string.Join(", ", expected)}, they are {string.Join(", ", got)}."
                );
            }
        }
    }

    /// <summary>Arrays as the engine takes them, in order.</summary>
    private sealed class Buffers : IDisposable
    {
        private readonly List<FixedBufferOnnxValue> _values = [];

        internal IReadOnlyCollection<FixedBufferOnnxValue> Values => _values;

        internal void Add(FloatTensor tensor) => Add(tensor.Values, [.. tensor.Shape.Select(size => (long)size)]);

        internal void Add(float[] values, long[] shape) => Add(values, TensorElementType.Float, shape, sizeof(float));

        internal void Add(long[] values) => Add(values, TensorElementType.Int64, [values.Length], sizeof(long));

        public void Dispose() => _values.ForEach(value => value.Dispose());

        private void Add<T>(T[] values, TensorElementType type, long[] shape, int size)
            where T : unmanaged =>
            _values.Add(
                FixedBufferOnnxValue.CreateFromMemory(
                    OrtMemoryInfo.DefaultInstance,
                    values.AsMemory(),
                    type,
                    shape,
                    (long)values.Length * size
                )
            );
    }
}
