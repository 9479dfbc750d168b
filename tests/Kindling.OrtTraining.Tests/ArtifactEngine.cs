using Google.Protobuf;
using Kindling.Bundles;
using Kindling.Export.Training;
using Kindling.Graphs.Onnx.Proto;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.OrtTraining.Tests;

/// <summary>
/// The bundle's own training artifacts on the standard ONNX Runtime, in place of ONNX Runtime Training: the training model with its gradient accumulators,
/// which that runtime lacks, made outputs; the evaluation model and the checkpoint as they are; and the optimiser model's SGD in C#.
/// </summary>
internal sealed class ArtifactEngine : ITrainingEngine
{
    private const string Accumulated = "_grad.accumulation.out";
    private const float SessionRate = 0.001f;

    private readonly BundleManifest _manifest;
    private readonly InferenceSession _training;
    private readonly InferenceSession _evaluation;
    private readonly RunOptions _run = new();
    private readonly Dictionary<string, FloatTensor> _parameters;
    private readonly Dictionary<string, float[]> _gradients = [];
    private float _rate = SessionRate;

    internal ArtifactEngine(Artifacts artifacts, BundleManifest manifest)
    {
        _manifest = manifest;
        _training = new InferenceSession(WithGradients(artifacts[TrainingFolder.TrainingModel]));
        _evaluation = new InferenceSession(artifacts[TrainingFolder.EvaluationModel]);
        ModelProto optimizer = ModelProto.Parser.ParseFrom(artifacts[TrainingFolder.OptimizerModel]);
        Assert.That(optimizer.Graph.Node.Select(node => node.OpType), Is.EqualTo(new[] { "Squeeze", "SGDOptimizerV2" }));
        (IReadOnlyDictionary<string, FloatTensor> trainable, IReadOnlyDictionary<string, FloatTensor> frozen) = TrainingCheckpoint.Read(
            artifacts[TrainingFolder.Checkpoint]
        );
        _parameters = trainable.Concat(frozen).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>Rates of the optimiser steps so far.</summary>
    internal List<float> Rates { get; } = [];

    internal bool IsDisposed { get; private set; }

    public void SetRate(float rate) => _rate = rate;

    public TrainingPoint TrainStep(TrainingBatch batch)
    {
        FloatTensor[] outputs = Run(_training, batch.Inputs, batch.Mask, batch.Labels, batch.Targets);
        Dictionary<string, FloatTensor> statistics = [];
        foreach ((string name, FloatTensor output) in _training.OutputNames.Zip(outputs))
        {
            if (name.EndsWith(Accumulated, StringComparison.Ordinal))
            {
                _gradients[name[..^Accumulated.Length]] = output.Values;
            }
            else if (name.EndsWith(".next", StringComparison.Ordinal))
            {
                statistics[name[..^".next".Length]] = output;
            }
        }

        return new TrainingPoint(outputs[0].Values[0], statistics);
    }

    public void OptimizerStep()
    {
        Rates.Add(_rate);
        foreach ((string name, float[] gradient) in _gradients)
        {
            float[] values = [.. _parameters[name].Values.Zip(gradient, (p, g) => p - (_rate * g))];
            _parameters[name] = new FloatTensor([.. _parameters[name].Shape], values);
        }
    }

    public FloatTensor Evaluate(FloatTensor inputs, float[] mask)
    {
        int count = inputs.Shape[0];
        FloatTensor zeros = FloatTensor.Zeros(count, _manifest.Output.Count);
        return Run(_evaluation, inputs, mask, _manifest.IsClassification ? new long[count] : null, zeros)[1];
    }

    public FloatTensor Get(string name) => _parameters[name];

    public void Set(string name, FloatTensor value)
    {
        Assert.That(value.Shape, Is.EqualTo(_parameters[name].Shape), name);
        _parameters[name] = value;
    }

    public void Dispose()
    {
        _training.Dispose();
        _evaluation.Dispose();
        _run.Dispose();
        IsDisposed = true;
    }

    private FloatTensor[] Run(InferenceSession session, FloatTensor inputs, float[] mask, long[]? labels, FloatTensor? targets)
    {
        Dictionary<string, OrtValue> feeds = session.InputNames.ToDictionary(
            name => name,
            name =>
                name switch
                {
                    "x" => Value(inputs),
                    "y" when labels is not null => OrtValue.CreateTensorValueFromMemory(labels, [labels.Length]),
                    "y" => Value(targets!),
                    "mask" => Value(new FloatTensor([mask.Length], mask)),
                    _ => Value(_parameters[name]),
                },
            StringComparer.Ordinal
        );
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(_run, feeds, session.OutputNames);
        FloatTensor[] tensors =
        [
            .. outputs.Select(output => new FloatTensor(
                [.. output.GetTensorTypeAndShape().Shape.Select(size => (int)size)],
                output.GetTensorDataAsSpan<float>().ToArray()
            )),
        ];
        foreach (OrtValue feed in feeds.Values)
        {
            feed.Dispose();
        }

        return tensors;
    }

    private static OrtValue Value(FloatTensor tensor) =>
        OrtValue.CreateTensorValueFromMemory(tensor.Values, [.. tensor.Shape.Select(size => (long)size)]);

    private static byte[] WithGradients(byte[] training)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(training);
        GraphProto graph = model.Graph;
        foreach (NodeProto node in graph.Node.Where(node => node.OpType == "InPlaceAccumulatorV2"))
        {
            (string buffer, string gradient, string reset) = (node.Input[0], node.Input[1], node.Input[2]);
            node.OpType = "Identity";
            node.Domain = "";
            node.Input.Clear();
            node.Input.Add(gradient);
            TypeProto type = graph.Input.Single(input => input.Name == buffer).Type;
            graph.Output.Single(output => output.Name == node.Output[0]).Type = type;
            foreach (ValueInfoProto own in graph.Input.Where(input => input.Name == buffer || input.Name == reset).ToArray())
            {
                graph.Input.Remove(own);
            }
        }

        return model.ToByteArray();
    }
}
