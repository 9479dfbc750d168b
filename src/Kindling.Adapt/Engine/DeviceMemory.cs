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

    // Copies go through sessions of their own, since ONNX Runtime moves tensors only around a run: y = Identity(x), of any shape.
    private const string IdentityOfFloats = "CAg6LgoQCgF4EgF5IghJZGVudGl0eRIEY29weVoJCgF4EgQKAggBYgkKAXkSBAoCCAFCBAoAEBE=";
    private const string IdentityOfIntegers = "CAg6LgoQCgF4EgF5IghJZGVudGl0eRIEY29weVoJCgF4EgQKAggHYgkKAXkSBAoCCAdCBAoAEBE=";

    private readonly OrtMemoryInfo _info;
    private readonly OrtAllocator _allocator;
    private readonly InferenceSession _floats;
    private readonly InferenceSession _integers;
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
        _floats = new InferenceSession(Convert.FromBase64String(IdentityOfFloats), options);
        _integers = new InferenceSession(Convert.FromBase64String(IdentityOfIntegers), options);
    }

    /// <summary>An uninitialised tensor of floats there.</summary>
    internal OrtValue Allocate(long[] shape) => Allocate(TensorElementType.Float, shape);

    /// <summary>An uninitialised tensor there, like another one.</summary>
    internal OrtValue AllocateLike(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        return Allocate(info.ElementDataType, info.Shape);
    }

    /// <summary>Copies tensors, of floats or of 64-bit integers, of the same shapes from or to the processor's memory.</summary>
    internal void Copy(OrtValue[] from, OrtValue[] to)
    {
        foreach ((OrtValue source, OrtValue target) in from.Zip(to))
        {
            InferenceSession copier = source.GetTensorTypeAndShape().ElementDataType == TensorElementType.Int64 ? _integers : _floats;
            using OrtIoBinding binding = copier.CreateIoBinding();
            binding.BindInput(Source, source);
            binding.BindOutput(Copied, target);
            copier.RunWithBinding(_options, binding);
        }
    }

    public void Dispose()
    {
        _floats.Dispose();
        _integers.Dispose();
        _allocator.Dispose();
        _info.Dispose();
        _options.Dispose();
    }

    private OrtValue Allocate(TensorElementType type, long[] shape) => OrtValue.CreateAllocatedTensorValue(_allocator, type, shape);
}
