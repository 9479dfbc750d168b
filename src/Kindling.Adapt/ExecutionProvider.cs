namespace Kindling.Adapt;

/// <summary>What ONNX Runtime computes on.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>The first NVIDIA GPU; needs the package Microsoft.ML.OnnxRuntime.Gpu and CUDA.</summary>
    Cuda,
}
