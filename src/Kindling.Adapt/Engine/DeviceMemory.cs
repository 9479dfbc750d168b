using Kindling.Bundles;
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

    private DeviceMemory(string name, int device, InferenceSession owner, SessionOptions options)
    {
        _info = new OrtMemoryInfo(name, OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);
        _allocator = new OrtAllocator(owner, _info);
        _copier = new InferenceSession(Convert.FromBase64String(IdentityModel), options);
    }

    /// <summary>Memory of a device.</summary>
    /// <param name="name">What ONNX Runtime calls it.</param>
    /// <param name="device">Number of the device.</param>
    /// <param name="owner">The session that computes there; has to live as long as this.</param>
    /// <param name="options">Options of that session.</param>
    /// <exception cref="MissingRuntimeException">ONNX Runtime gives no access to it.</exception>
    internal static DeviceMemory Open(string name, int device, InferenceSession owner, SessionOptions options)
    {
        try
        {
            return new DeviceMemory(name, device, owner, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new MissingRuntimeException($"The memory '{name}' of device {device} cannot be used. {e.Message}", e);
        }
    }

    /// <summary>Uninitialised tensors of floats there.</summary>
    /// <exception cref="BundleException">There is not enough of it; none is left behind.</exception>
    internal OrtValue[] Allocate(IEnumerable<long[]> shapes)
    {
        List<OrtValue> values = [];
        try
        {
            foreach (long[] shape in shapes)
            {
                values.Add(OrtValue.CreateAllocatedTensorValue(_allocator, TensorElementType.Float, shape));
            }

            return [.. values];
        }
        catch (OnnxRuntimeException e)
        {
            // None may outlive the allocator.
            values.ForEach(value => value.Dispose());
            throw new BundleException($"ONNX Runtime found too little memory for the model's buffers. {e.Message}", e);
        }
    }

    /// <summary>Copies tensors of the same shapes, from or to the processor's memory.</summary>
    internal void Copy(OrtValue[] from, OrtValue[] to)
    {
        using OrtIoBinding binding = _copier.CreateIoBinding();
        for (int i = 0; i < from.Length; i++)
        {
            binding.BindInput(Source, from[i]);
            binding.BindOutput(Copied, to[i]);
            OrtErrors.Run(_copier, _options, binding, "A copy between the processor and the GPU");
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
