using System.Runtime.InteropServices;
using Kindling.Bundles;
using Kindling.Graphs;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Torch;

/// <summary>Conversions between the tensors of the graph, of the data and of libtorch.</summary>
public static class TorchTensors
{
    /// <summary>A graph constant as a torch tensor.</summary>
    public static Tensor From(Graphs.Tensor constant, ScalarType real = ScalarType.Float32, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(constant);
        Tensor empty = zeros([.. constant.Sizes], dtype: ToScalarType(constant.Type, ScalarType.Float32));
        if (constant.Bytes.Length > 0)
        {
            constant.Bytes.CopyTo(empty.bytes);
        }

        Tensor result = constant.Type == ElementType.Float && real != ScalarType.Float32 ? empty.to_type(real) : empty;
        return device is null ? result : result.to(device);
    }

    /// <summary>Host data as a torch tensor.</summary>
    public static Tensor From(FloatTensor data, ScalarType real = ScalarType.Float32)
    {
        ArgumentNullException.ThrowIfNull(data);
        Tensor result = zeros([.. data.Shape.Select(d => (long)d)], dtype: ScalarType.Float32);
        MemoryMarshal.AsBytes(data.Values.AsSpan()).CopyTo(result.bytes);
        return real == ScalarType.Float32 ? result : result.to_type(real);
    }

    /// <summary>A torch tensor as host data, in float.</summary>
    public static FloatTensor ToHost(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        // keeps what stands between alive: nothing else does while libtorch copies
        using DisposeScope scope = NewDisposeScope();
        Tensor plain = value.detach().to_type(ScalarType.Float32).cpu().contiguous();
        return new FloatTensor([.. value.shape.Select(d => (int)d)], MemoryMarshal.Cast<byte, float>(plain.bytes).ToArray());
    }

    /// <summary>The torch type of an element type.</summary>
    public static ScalarType ToScalarType(ElementType type, ScalarType real) =>
        type switch
        {
            ElementType.Float => real,
            ElementType.Double => ScalarType.Float64,
            ElementType.Float16 => ScalarType.Float16,
            ElementType.Int32 => ScalarType.Int32,
            ElementType.Int64 => ScalarType.Int64,
            ElementType.Int8 => ScalarType.Int8,
            ElementType.UInt8 => ScalarType.Byte,
            ElementType.Bool => ScalarType.Bool,
            _ => throw new GraphException($"Element type {type} is not supported by the torch interpreter."),
        };
}
