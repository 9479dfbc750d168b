using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Which execution providers work here.</summary>
public static class ExecutionProviders
{
    private const string CudaName = "CUDAExecutionProvider";

    /// <summary>Why a provider cannot be used by this program on this machine, in a sentence; null when it can. Costs milliseconds at the first call.</summary>
    public static string? Fault(ExecutionProvider provider)
    {
        try
        {
            return OrtErrors.Loading<string?>(() =>
            {
                using SessionOptions session = new();
                Append(session, provider);
                return null;
            });
        }
        catch (MissingRuntimeException e)
        {
            return e.Message;
        }
    }

    /// <summary>Lets a session compute on a provider.</summary>
    /// <exception cref="MissingRuntimeException">The native package or CUDA is missing; the message names it.</exception>
    internal static void Append(SessionOptions session, ExecutionProvider provider)
    {
        if (provider == ExecutionProvider.Cpu)
        {
            return;
        }

        string[] available = OrtEnv.Instance().GetAvailableProviders();
        if (!available.Contains(CudaName))
        {
            throw NoCuda($"The library of this program has {string.Join(", ", available)}.", inner: null);
        }

        try
        {
            session.AppendExecutionProvider_CUDA();
        }
        catch (OnnxRuntimeException e)
        {
            throw NoCuda(e.Message, e);
        }
    }

    private static MissingRuntimeException NoCuda(string reason, Exception? inner) =>
        new(
            "CUDA cannot be used: it needs the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, an NVIDIA driver, CUDA 12 and "
                + $"cuDNN 9. {reason}",
            inner!
        );
}
