namespace Kindling.Adapt;

/// <summary>What ONNX Runtime computes on. Only the processor needs nothing but <c>Microsoft.ML.OnnxRuntime</c>.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>
    /// The first of CUDA, DirectML and CoreML that works here, else the processor; <see cref="AdaptableModel.ProviderReason"/> says which and why. Small models
    /// are often faster on the processor: measure.
    /// </summary>
    Auto,

    /// <summary>An NVIDIA GPU; package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    Cuda,

    /// <summary>An NVIDIA GPU through TensorRT, which takes its time when a model opens; package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    TensorRt,

    /// <summary>A GPU on Windows; package Microsoft.ML.OnnxRuntime.DirectML.</summary>
    DirectMl,

    /// <summary>Apple's accelerators; package Microsoft.ML.OnnxRuntime on macOS or iOS.</summary>
    CoreMl,

    /// <summary>Intel's processors and GPUs; package Intel.ML.OnnxRuntime.OpenVino.</summary>
    OpenVino,
}
