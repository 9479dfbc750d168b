using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.OrtTraining;

/// <summary>The door to the native library: the first call that it has to answer.</summary>
internal static class TrainingNative
{
    internal const string Missing =
        "This program's native library of ONNX Runtime cannot train. Add the package Microsoft.ML.OnnxRuntime.Training 1.19.2, the last one that can, "
        + "pin Microsoft.ML.OnnxRuntime.Managed to 1.19.2 as well (a native library of 1.19.2 refuses a newer one), and remove every other native package "
        + "of ONNX Runtime: only one onnxruntime library can live in a process.";

    /// <summary>Loads a checkpoint.</summary>
    /// <exception cref="MissingRuntimeException">There is no native library, one without the training API, or one that does not fit the managed part.</exception>
    internal static CheckpointState Load(string path)
    {
        try
        {
            return CheckpointState.LoadCheckpoint(path);
        }
        catch (Exception e) when (e is InvalidOperationException or TypeInitializationException || NativeErrors.IsMissing(e))
        {
            throw new MissingRuntimeException($"{Missing} ({e.GetBaseException().Message.Trim()})", e);
        }
    }
}
