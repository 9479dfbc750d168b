using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Train.Torch;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>Engines for the gradient checker.</summary>
internal static class Engines
{
    /// <summary>libtorch in double precision.</summary>
    public static IReadOnlyList<double[]> Torch(Graph graph, IReadOnlyList<(long[] Sizes, double[] Values)> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(graph, doublePrecision: true);
        return
        [
            .. interpreter
                .Run([.. inputs.Select(i => i.Values.Length == 0 ? zeros(i.Sizes, dtype: ScalarType.Float64) : tensor(i.Values, i.Sizes))])
                .Select(t => t.numel() == 0 ? [] : t.to_type(ScalarType.Float64).contiguous().data<double>().ToArray()),
        ];
    }

    /// <summary>ONNX Runtime in single precision, one thread.</summary>
    public static IReadOnlyList<double[]> OnnxRuntime(Graph graph, IReadOnlyList<(long[] Sizes, double[] Values)> inputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputs);
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(OnnxWriter.ToBytes(graph), options);
        List<NamedOnnxValue> feeds = [];
        foreach ((Value value, (long[] sizes, double[] numbers)) in graph.Inputs.Zip(inputs))
        {
            if (session.InputMetadata.ContainsKey(value.Name))
            {
                DenseTensor<float> tensor = new(numbers.Select(n => (float)n).ToArray(), [.. sizes.Select(s => (int)s)]);
                feeds.Add(NamedOnnxValue.CreateFromTensor(value.Name, tensor));
            }
        }

        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(feeds);
        return [.. results.Select(r => r.AsTensor<float>().Select(v => (double)v).ToArray())];
    }
}
