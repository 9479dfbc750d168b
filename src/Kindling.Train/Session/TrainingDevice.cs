using Kindling.Bundles;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Session;

/// <summary>A device that computes all tasks of an iteration at once, through libtorch; parameters and outer optimiser live there.</summary>
public sealed class TrainingDevice
{
    /// <summary>Memory that is used where nothing else is asked for: 8 GB.</summary>
    public const long DefaultMemory = 8_000_000_000;

    private TrainingDevice(Device device, long memory, bool mixed)
    {
        IsMixed = mixed;
        Device = device;
        Memory = memory;
    }

    /// <summary>Bytes that the intermediate values of an iteration may take; more tasks than fit are computed in several runs.</summary>
    public long Memory { get; }

    /// <summary>
    /// Whether the factors of matrix products, convolutions among them, are rounded to bfloat16, as GPUs multiply fastest (mixed precision, Micikevicius et
    /// al. 2018): sums, everything else and the learned tensors stay in float32. Single meta-gradients
    /// then differ by up to 20 % in norm, the course of a training hardly.
    /// </summary>
    public bool IsMixed { get; }

    /// <summary><c>cuda:N</c>, and the precision where it is mixed.</summary>
    public string Name => IsMixed ? $"{Device} (bfloat16 products)" : Device.ToString();

    internal ScalarType? Products => IsMixed ? ScalarType.BFloat16 : null;

    internal Device Device { get; }

    /// <summary>An NVIDIA GPU.</summary>
    /// <param name="number">Its number, counted from 0.</param>
    /// <param name="memory">See <see cref="Memory"/>; positive.</param>
    /// <param name="mixed">See <see cref="IsMixed"/>.</param>
    /// <exception cref="MissingRuntimeException">libtorch has no such device.</exception>
    public static TrainingDevice Cuda(int number = 0, long memory = DefaultMemory, bool mixed = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(memory);
        TorchStatus status = TorchStatus.Probe();
        return status.Fault is { } fault ? throw new MissingRuntimeException($"libtorch does not work here: {fault}")
            : number < status.CudaDevices ? new(new Device(DeviceType.CUDA, number), memory, mixed)
            : throw new MissingRuntimeException(
                $"libtorch of this program has {status.CudaDevices} CUDA devices, number {number} was asked for; build with `make build DEVICE=cuda` on a machine that has one."
            );
    }

    /// <summary>The processor in a device's place: the same program as on a GPU, for tests of it.</summary>
    internal static TrainingDevice Processor(long memory = DefaultMemory, bool mixed = false)
    {
        _ = TorchNatives.Load();
        return new(CPU, memory, mixed);
    }
}
