using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Importing;

/// <summary>A model in ONNX Runtime, for comparisons: one thread, and node by node as the file says, since fusions round otherwise or even quantise more.</summary>
internal sealed class OrtRun : IDisposable
{
    private readonly SessionOptions options = new()
    {
        IntraOpNumThreads = 1,
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
    };

    private readonly InferenceSession session;

    public OrtRun(string path) => session = Open(path, () => new(path, options));

    public OrtRun(byte[] model, string name) => session = Open(name, () => new(model, options));

    /// <summary>The first output of that name, as floats.</summary>
    public float[] Run(string output, IReadOnlyDictionary<string, Tensor> inputs)
    {
        string[] names = [.. session.InputNames.Where(inputs.ContainsKey)];
        try
        {
            return Floats(NodeRunner.Run(session, names, [output], [.. names.Select(n => inputs[n])])[0]);
        }
        catch (OnnxRuntimeException e)
        {
            throw new GraphException($"ONNX Runtime can not run it: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        session.Dispose();
        options.Dispose();
    }

    private static InferenceSession Open(string name, Func<InferenceSession> open)
    {
        try
        {
            return open();
        }
        catch (OnnxRuntimeException e)
        {
            throw new GraphException($"Model '{name}': ONNX Runtime can not open it: {e.Message}", e);
        }
    }

    private static float[] Floats(Tensor tensor) =>
        tensor.Type switch
        {
            ElementType.Float => tensor.AsSpan<float>().ToArray(),
            ElementType.Double => Array.ConvertAll(tensor.AsSpan<double>().ToArray(), d => (float)d),
            ElementType.Float16 => Array.ConvertAll(tensor.AsSpan<Half>().ToArray(), h => (float)h),
            _ => throw new GraphException($"expected an output of floats, got {tensor.Type}."),
        };
}
