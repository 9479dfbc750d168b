using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Which execution providers work here.</summary>
public static class ExecutionProviders
{
    private const string Nvidia = "an NVIDIA driver, CUDA 12 and cuDNN 9";

    /// <summary>The providers beside the processor; <see cref="ExecutionProvider.Auto"/> tries those so marked, in this order.</summary>
    private static readonly Row[] Rows =
    [
        new(
            ExecutionProvider.Cuda,
            "CUDA",
            "CUDAExecutionProvider",
            "Cuda",
            $"the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, {Nvidia}",
            IsAutomatic: true,
            (session, device) => session.AppendExecutionProvider_CUDA(device)
        ),
        new(
            ExecutionProvider.DirectMl,
            "DirectML",
            "DmlExecutionProvider",
            "DML",
            "the package Microsoft.ML.OnnxRuntime.DirectML instead of Microsoft.ML.OnnxRuntime, and Windows 10 or later with a GPU for DirectX 12",
            IsAutomatic: true,
            (session, device) =>
            {
                session.EnableMemoryPattern = false; // DirectML does not know it
                session.AppendExecutionProvider_DML(device);
            }
        ),
        new(
            ExecutionProvider.CoreMl,
            "CoreML",
            "CoreMLExecutionProvider",
            Memory: null,
            "macOS or iOS with the package Microsoft.ML.OnnxRuntime",
            IsAutomatic: true,
            (session, _) => session.AppendExecutionProvider("CoreML")
        ),
        new(
            ExecutionProvider.TensorRt,
            "TensorRT",
            "TensorrtExecutionProvider",
            "Cuda",
            $"the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, {Nvidia}, and TensorRT 10",
            IsAutomatic: false,
            (session, device) => session.AppendExecutionProvider_Tensorrt(device)
        ),
        new(
            ExecutionProvider.OpenVino,
            "OpenVINO",
            "OpenVINOExecutionProvider",
            Memory: null,
            "the package Intel.ML.OnnxRuntime.OpenVino instead of Microsoft.ML.OnnxRuntime",
            IsAutomatic: false,
            (session, _) => session.AppendExecutionProvider_OpenVINO()
        ),
    ];

    /// <summary>Why a provider cannot be used by this program on this machine, in a sentence; null when it can. Costs milliseconds at the first call.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="device">Number of the GPU, from 0.</param>
    public static string? Fault(ExecutionProvider provider, int device = 0)
    {
        try
        {
            return OrtErrors.Loading<string?>(() =>
            {
                using SessionOptions session = new();
                Append(session, provider, device);
                return null;
            });
        }
        catch (MissingRuntimeException e)
        {
            return e.Message;
        }
    }

    /// <summary>The provider to use, and a sentence that says why.</summary>
    /// <param name="provider">What is asked for.</param>
    /// <param name="device">Number of the GPU, from 0.</param>
    /// <exception cref="MissingRuntimeException">It is not <see cref="ExecutionProvider.Auto"/> and cannot be used; the message says what it needs.</exception>
    public static (ExecutionProvider Provider, string Reason) Choose(ExecutionProvider provider, int device = 0)
    {
        if (provider != ExecutionProvider.Auto)
        {
            return Fault(provider, device) is { } fault
                ? throw new MissingRuntimeException(fault)
                : (provider, $"{Name(provider)}, as asked for.");
        }

        Row[] rows = Array.FindAll(Rows, row => row.IsAutomatic);
        string names = string.Join(", ", rows.Select(row => row.Name));
        return Array.Find(rows, row => Fault(row.Provider, device) is null) is { } first
            ? (first.Provider, $"{first.Name}, the first of {names} that works here.")
            : (ExecutionProvider.Cpu, $"the processor, since {names} cannot be used here; asking for one says what it needs.");
    }

    /// <summary>Lets a session compute on a provider.</summary>
    /// <exception cref="MissingRuntimeException">The native package, or what it needs, is missing; the message names it.</exception>
    internal static void Append(SessionOptions session, ExecutionProvider provider, int device)
    {
        if (Array.Find(Rows, row => row.Provider == provider) is not { } row)
        {
            return;
        }

        string[] available = OrtEnv.Instance().GetAvailableProviders();
        if (!available.Contains(row.OrtName))
        {
            throw Missing(row, $"The library of this program has {string.Join(", ", available)}.", inner: null);
        }

        try
        {
            row.Append(session, device);
        }
        catch (OnnxRuntimeException e)
        {
            throw Missing(row, e.Message, e);
        }
    }

    /// <summary>The memory that a provider computes in, by name and number; null where it is the processor's.</summary>
    internal static (string Name, int Device)? Memory(ExecutionProvider provider, int device) =>
        Array.Find(Rows, row => row.Provider == provider)?.Memory is not { } name ? null
        // DirectML counts its memory from 0 on whatever GPU it is.
        : provider == ExecutionProvider.DirectMl ? (name, 0)
        : (name, device);

    private static string Name(ExecutionProvider provider) => Array.Find(Rows, row => row.Provider == provider)?.Name ?? "the processor";

    private static MissingRuntimeException Missing(Row row, string reason, Exception? inner) =>
        new($"{row.Name} cannot be used: it needs {row.Needs}. {reason}", inner!);

    /// <summary>A provider.</summary>
    /// <param name="Provider">Which.</param>
    /// <param name="Name">What people call it.</param>
    /// <param name="OrtName">What ONNX Runtime calls it.</param>
    /// <param name="Memory">What ONNX Runtime calls its memory; null where it computes in the processor's.</param>
    /// <param name="Needs">What must be there.</param>
    /// <param name="IsAutomatic">Whether <see cref="ExecutionProvider.Auto"/> tries it.</param>
    /// <param name="Append">Adds it to a session, on a GPU of that number.</param>
    private sealed record Row(
        ExecutionProvider Provider,
        string Name,
        string OrtName,
        string? Memory,
        string Needs,
        bool IsAutomatic,
        Action<SessionOptions, int> Append
    );
}
