using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Turns what ONNX Runtime throws into errors that say what to do.</summary>
internal static class OrtErrors
{
    internal const string MissingNative =
        "The native library of ONNX Runtime cannot be loaded. Add one native package to the program: Microsoft.ML.OnnxRuntime (CPU), "
        + "Microsoft.ML.OnnxRuntime.Gpu (CUDA), Microsoft.ML.OnnxRuntime.DirectML (Windows), of the version of Microsoft.ML.OnnxRuntime.Managed.";

    /// <summary>Runs something that touches ONNX Runtime for the first time.</summary>
    internal static T Loading<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (NativeErrors.IsMissing(e))
        {
            // The first error within names the library and what the loader said.
            throw new MissingRuntimeException($"{MissingNative} ({e.GetBaseException().Message})", e);
        }
    }

    /// <summary>Runs a graph of a bundle. A run that is stopped fails like any other: whoever stops it knows.</summary>
    /// <exception cref="BundleException">The graph cannot be run, or there is not enough memory for it.</exception>
    internal static void Run(InferenceSession session, RunOptions options, OrtIoBinding binding, string source)
    {
        try
        {
            session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException e)
        {
            string fault = IsOutOfMemory(e) ? "ONNX Runtime found too little memory for this run." : "ONNX Runtime cannot run this graph.";
            throw new BundleException($"{source}: {fault} {e.Message}", e);
        }
    }

    // Only the message tells.
    private static bool IsOutOfMemory(OnnxRuntimeException e) =>
        e.Message.Contains("allocate memory", StringComparison.OrdinalIgnoreCase)
        || e.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens a session on a graph of a bundle.</summary>
    internal static InferenceSession Open(byte[] graph, SessionOptions options, string source)
    {
        try
        {
            return new InferenceSession(graph, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"{source}: ONNX Runtime does not accept this graph. {e.Message}", e);
        }
    }
}
