using Kindling.Bundles;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Train.Meta;

/// <summary>A policy's network in ONNX Runtime, with parameters as inputs. Thread-safe.</summary>
internal sealed class PolicySession : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly string[] inputs;
    private readonly NetworkGraphs network;

    public PolicySession(NetworkGraphs network)
    {
        this.network = network;
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        session = new InferenceSession(OnnxWriter.ToBytes(network.Infer), options);
        inputs = ["x", .. network.Parameters.Select(p => p.Name)];
    }

    /// <summary>The policy with some parameters, which must stay as they are until it is given up.</summary>
    public Acting With(IReadOnlyList<FloatTensor> parameters) => new(this, parameters);

    /// <inheritdoc/>
    public void Dispose()
    {
        session.Dispose();
        run.Dispose();
    }

    /// <summary>A policy that acts.</summary>
    internal sealed class Acting : IDisposable
    {
        private readonly PolicySession owner;
        private readonly OrtValue[] values;

        public Acting(PolicySession owner, IReadOnlyList<FloatTensor> parameters)
        {
            this.owner = owner;
            values = [.. owner.network.Parameters.Select((_, i) => Value(parameters[i]))];
        }

        /// <summary>Observations [episodes, numbers] -> outputs [episodes, outputs].</summary>
        public FloatTensor Act(FloatTensor observations)
        {
            using OrtValue x = Value(observations);
            using IDisposableReadOnlyCollection<OrtValue> outputs = owner.session.Run(owner.run, owner.inputs, [x, .. values], ["output"]);
            float[] output = outputs[0].GetTensorDataAsSpan<float>().ToArray();
            return new FloatTensor([observations.Shape[0], output.Length / observations.Shape[0]], output);
        }

        /// <inheritdoc/>
        public void Dispose() => Array.ForEach(values, value => value.Dispose());

        private static OrtValue Value(FloatTensor tensor) =>
            OrtValue.CreateTensorValueFromMemory(tensor.Values, [.. tensor.Shape.Select(size => (long)size)]);
    }
}
