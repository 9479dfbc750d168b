using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Torch;

/// <summary>Whether libtorch works in this program on this machine, found out by loading it and taking a second derivative.</summary>
public sealed class TorchStatus
{
    /// <summary>The file that TorchSharp's wrapper was loaded from; null when it does not load or the platform's loader chose it.</summary>
    public string? File { get; private init; }

    /// <summary>Whether the wrapper had to be loaded from a copy that asks less of the C++ runtime; see <see cref="TorchNatives"/>.</summary>
    public bool IsPatchedCopy { get; private init; }

    /// <summary>Version of the TorchSharp package.</summary>
    public string Version { get; } = typeof(torch).Assembly.GetName().Version!.ToString(3);

    /// <summary>CUDA devices that libtorch can use; 0 without CUDA.</summary>
    public int CudaDevices { get; private init; }

    /// <summary>What is wrong; null when libtorch works.</summary>
    public string? Fault { get; private init; }

    /// <summary>Loads libtorch (seconds at the first call) and tries it.</summary>
    public static TorchStatus Probe()
    {
        string file = "";
        try
        {
            file = TorchNatives.Load();
            string? fault = SecondDerivativeFault();
            return new TorchStatus
            {
                File = file.Length > 0 ? file : null,
                IsPatchedCopy = file.Length > 0 && !file.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal),
                CudaDevices = cuda.is_available() ? cuda.device_count() : 0,
                Fault = fault,
            };
        }
        catch (Exception e)
            when (e is DllNotFoundException or TypeInitializationException or EntryPointNotFoundException or BadImageFormatException)
        {
            return new TorchStatus { File = file.Length > 0 ? file : null, Fault = e.GetBaseException().Message };
        }
    }

    // d2/dx2 x^3 at 2 is 12
    private static string? SecondDerivativeFault()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(2f, requires_grad: true);
        Tensor first = autograd.grad([x * x * x], [x], retain_graph: true, create_graph: true)[0];
        float second = autograd.grad([first], [x])[0].item<float>();
        return MathF.Abs(second - 12) < 1e-3f ? null : $"The second derivative of x^3 at 2 should be 12, libtorch says {second}.";
    }
}
