using Kindling.Adapt;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Cli.Machine;

/// <summary>Whether ONNX Runtime works, found out by running a graph that adds two numbers.</summary>
internal sealed record RuntimeStatus
{
    /// <summary>Version of the native library; null when it does not load.</summary>
    public string? Version { get; private init; }

    /// <summary>Execution providers that the native library has, as ONNX Runtime names them.</summary>
    public IReadOnlyList<string> Providers { get; private init; } = [];

    /// <summary>Why CUDA cannot be used; null when it can.</summary>
    public string? CudaFault { get; private init; }

    /// <summary>What is wrong; null when ONNX Runtime works.</summary>
    public string? Fault { get; private init; }

    public static RuntimeStatus Probe()
    {
        if (ExecutionProviders.Fault(ExecutionProvider.Cpu) is { } fault)
        {
            return new RuntimeStatus { Fault = fault, CudaFault = fault };
        }

        float sum = Add(2, 3);
        return new RuntimeStatus
        {
            Version = OrtEnv.Instance().GetVersionString(),
            Providers = OrtEnv.Instance().GetAvailableProviders(),
            CudaFault = ExecutionProviders.Fault(ExecutionProvider.Cuda),
            Fault = sum == 5 ? null : $"2 + 3 should be 5, ONNX Runtime says {sum}.",
        };
    }

    private static float Add(float a, float b)
    {
        GraphBuilder builder = new("add");
        Value x = builder.Input("a", ElementType.Float, new Shape());
        Value y = builder.Input("b", ElementType.Float, new Shape());
        builder.Output(builder.Add(x, y));
        using InferenceSession session = new(OnnxWriter.ToBytes(builder.Graph));
        using OrtValue first = OrtValue.CreateTensorValueFromMemory([a], []);
        using OrtValue second = OrtValue.CreateTensorValueFromMemory([b], []);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["a", "b"], [first, second], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }
}
