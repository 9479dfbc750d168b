using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Kindling.Adapt;

/// <summary>
/// The memory that a session computes in, where that is not the processor's: what an adaptation reads and writes stays there between steps, and only what is
/// looked at comes back. Thread-safe.
/// </summary>
internal sealed class DeviceMemory : IDisposable
{
    private const string Source = "x";
    private const string Copied = "y";

    // Copies go through a session of its own, since ONNX Runtime moves tensors only around a run: y = Identity(x), float, of any shape.
    private const string IdentityModel = "CAg6LgoQCgF4EgF5IghJZGVudGl0eRIEY29weVoJCgF4EgQKAggBYgkKAXkSBAoCCAFCBAoAEBE=";

    private readonly OrtMemoryInfo _info;
    private readonly OrtAllocator _allocator;
    private readonly InferenceSession _copier;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    /// <summary>Memory of a device.</summary>
    /// <param name="name">What ONNX Runtime calls it.</param>
    /// <param name="device">Number of the device.</param>
    /// <param name="owner">The session that computes there; has to live as long as this.</param>
    /// <param name="options">Options of that session.</param>
    internal DeviceMemory(string name, int device, InferenceSession owner, SessionOptions options)
    {
        _info = new OrtMemoryInfo(name, OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);
        _allocator = new OrtAllocator(owner, _info);
        _copier = new InferenceSession(Convert.FromBase64String(IdentityModel), options);
    }

    /// <summary>An uninitialised tensor there.</summary>
    internal OrtValue Allocate(long[] shape) => OrtValue.CreateAllocatedTensorValue(_allocator, TensorElementType.Float, shape);

    /// <summary>Copies tensors of the same shapes, from or to the processor's memory.</summary>
    internal void Copy(OrtValue[] from, OrtValue[] to)
    {
        using OrtIoBinding binding = _copier.CreateIoBinding();
        for (int i = 0; i < from.Length; i++)
        {
            binding.BindInput(Source, from[i]);
            binding.BindOutput(Copied, to[i]);
            _copier.RunWithBinding(_options, binding);
        }
    }

    public void Dispose()
    {
        _copier.Dispose();
        _allocator.Dispose();
        _info.Dispose();
        _options.Dispose();
    }
}
