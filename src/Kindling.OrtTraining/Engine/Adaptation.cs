using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>
/// One adaptation from a state to the next: k optimiser steps, and one training step more whose gradients are ignored. That yields the loss after the last
/// step and the statistics of the examples under the final parameters, exactly as the trainer has them. Used by one thread.
/// </summary>
internal sealed class Adaptation : IAdaptPoints, IDisposable
{
    private readonly OrtTrainingModel _model;
    private readonly LearnerState _before;

    /// <summary>Where the inner loop begins: the present state, or that of a fresh learner.</summary>
    private readonly LearnerState _origin;
    private readonly AdaptRequest _request;
    private readonly TrainingBatch _batch;
    private readonly IReadOnlyList<TrainingBatch> _parts;
    private readonly Judge? _judge;
    private readonly AdaptCourse _course;
    private readonly ITrainingEngine _engine;
    private readonly int _steps;
    private readonly long _started;
    private LearnerState? _result;

    /// <summary>Checks the request against the model and opens a session.</summary>
    /// <exception cref="ArgumentException">Its examples do not fit the model.</exception>
    internal Adaptation(OrtTrainingModel model, LearnerState before, AdaptRequest request)
    {
        _started = model.Options.TimeProvider.GetTimestamp();
        if (request.MicroBatch is not null)
        {
            throw new ArgumentException(
                $"MicroBatch: ONNX Runtime Training computes all examples of '{model.Manifest.Name}' at once; Kindling.Adapt can do it in parts.",
                nameof(request)
            );
        }

        _model = model;
        _before = before;
        _request = request;
        _origin = request.FromStart ? model.Start : before;
        _steps = request.Steps ?? model.Manifest.InnerRule.Steps;
        _course = new AdaptCourse(request, _steps, model.Options.RequireImprovement);
        (SupportSet fitted, SupportSet? validation) = HoldOut.Of(request);
        _batch = new TrainingBatch(model.Manifest, _origin.Heads, fitted);
        _parts = _batch.Parts(model.Manifest);
        _judge = validation is null ? null : new Judge(model.Manifest, _batch.Heads, validation, request.Metric);
        _engine = model.OpenEngine();
    }

    /// <summary>The result of an accepted adaptation.</summary>
    internal LearnerState Result => _result!;

    /// <summary>Runs it. Call once.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    internal AdaptReport Run(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        SupportFinding[] findings = [];
        if (_course.Fits(_model.Manifest, _batch.Inputs.Shape[0], _judge?.Inputs.Shape[0] ?? 0) && Loop(progress, cancellationToken))
        {
            _course.Finish(() => _result!.NotFinite(), ReferenceEquals(_origin, _before) ? null : () => Score(_before.Heads, Present));
            findings = [.. EqualExamples.Find(_request.Support)];
        }

        return _course.Report(findings, Elapsed);
    }

    public void Dispose() => _engine.Dispose();

    Score IAdaptPoints.Score() => Score(_batch.Heads, inputs => _engine.Evaluate(inputs, _batch.Mask));

    void IAdaptPoints.Keep() =>
        _result = new LearnerState
        {
            Tensors = _origin.Tensors.Keys.ToDictionary(name => name, _engine.Get, StringComparer.Ordinal),
            Heads = _batch.Heads,
            Steps = _origin.Steps + _course.Losses.Count - 1,
            Invert = _request.Support.Invert ?? _origin.Invert,
        };

    /// <summary>Runs the inner loop; false when its time was used up.</summary>
    private bool Loop(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        Copy(_origin.Tensors);
        for (int step = 0; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Elapsed >= _request.TimeBudget)
            {
                _course.EndOfTime();
                return false;
            }

            TrainingPoint point = _engine.TrainStep(_batch);

            // The training model does not read them: they are for evaluation at these parameters.
            Copy(point.Statistics);
            if (!_course.Observe(point.Loss, this, progress) || step == _steps)
            {
                return true;
            }

            _engine.SetRate(_model.Rates[Math.Min(step, _model.Rates.Count - 1)]);
            for (int part = 0; part < _parts.Count; part++)
            {
                // The gradient of a part that is all is there already.
                if (_parts.Count > 1)
                {
                    _ = _engine.TrainStep(_parts[part]);
                }

                _engine.OptimizerStep();
            }
        }
    }

    private void Copy(IReadOnlyDictionary<string, FloatTensor> tensors)
    {
        foreach ((string name, FloatTensor tensor) in tensors)
        {
            _engine.Set(name, tensor);
        }
    }

    /// <summary>Time since the beginning, the opening of the session included.</summary>
    private TimeSpan Elapsed => _model.Options.TimeProvider.GetElapsedTime(_started);

    private FloatTensor Present(FloatTensor inputs) => _model.Outputs(_before, inputs);

    private Score Score(Heads heads, Func<FloatTensor, FloatTensor> outputs)
    {
        FloatTensor inputs = _judge!.Inputs;
        return _judge.Score(heads, _model.Manifest.Normalization == "batch" ? OneByOne(inputs, outputs) : outputs(inputs));
    }

    /// <summary>Where the network normalises by its batch, an input by itself is another thing than in a batch.</summary>
    private static FloatTensor OneByOne(FloatTensor inputs, Func<FloatTensor, FloatTensor> outputs)
    {
        int count = inputs.Shape[0];
        int length = inputs.Count / count;
        int[] shape = [1, .. inputs.Shape.Skip(1)];
        float[] values =
        [
            .. Enumerable
                .Range(0, count)
                .SelectMany(i => outputs(new FloatTensor(shape, inputs.Values[(i * length)..((i + 1) * length)])).Values),
        ];
        return new FloatTensor([count, values.Length / count], values);
    }
}
