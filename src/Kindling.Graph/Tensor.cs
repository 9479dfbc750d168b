using System.Runtime.InteropServices;

namespace Kindling.Graphs;

/// <summary>A constant: element type, sizes and the elements, row-major and little-endian. Immutable by convention: the bytes are shared, not copied.</summary>
public sealed class Tensor
{
    /// <summary>A tensor over <paramref name="bytes"/>.</summary>
    /// <exception cref="GraphException">The number of bytes is not that of the sizes.</exception>
    public Tensor(ElementType type, IReadOnlyList<long> sizes, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ArgumentNullException.ThrowIfNull(bytes);
        Type = type;
        Sizes = [.. sizes];
        Count = Sizes.Aggregate(1L, (a, b) => checked(a * b));
        Bytes = bytes;
        if (bytes.Length != Count * type.Size())
        {
            throw new GraphException(
                $"Tensor of {type} with sizes [{string.Join(", ", Sizes)}]: expected {Count * type.Size()} bytes, got {bytes.Length}."
            );
        }
    }

    /// <summary>Element type.</summary>
    public ElementType Type { get; }

    /// <summary>Size of each dimension.</summary>
    public IReadOnlyList<long> Sizes { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>The elements, row-major, little-endian.</summary>
    public byte[] Bytes { get; }

    /// <summary>The sizes as a shape.</summary>
    public Shape Shape => Shape.Of(Sizes);

    /// <summary>A tensor of <typeparamref name="T"/> (float, double, long, int, bool, byte, sbyte).</summary>
    public static Tensor Of<T>(ReadOnlySpan<T> values, params IReadOnlyList<long> sizes)
        where T : unmanaged => new(TypeOf<T>(), sizes, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A float scalar.</summary>
    public static Tensor Scalar(float value) => Of<float>([value]);

    /// <summary>An int64 scalar.</summary>
    public static Tensor Scalar(long value) => Of<long>([value]);

    /// <summary>A vector of int64.</summary>
    public static Tensor Vector(params ReadOnlySpan<long> values) => Of(values, values.Length);

    /// <summary>A vector of float.</summary>
    public static Tensor Vector(params ReadOnlySpan<float> values) => Of(values, values.Length);

    /// <summary>The elements as <typeparamref name="T"/>.</summary>
    /// <exception cref="GraphException">The element type is another.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged =>
        TypeOf<T>() == Type ? MemoryMarshal.Cast<byte, T>(Bytes) : throw new GraphException($"Tensor of {Type} was read as {TypeOf<T>()}.");

    /// <summary>The elements of an Int64 or Int32 tensor, widened.</summary>
    public long[] ToInt64() =>
        Type switch
        {
            ElementType.Int64 => AsSpan<long>().ToArray(),
            ElementType.Int32 => [.. AsSpan<int>().ToArray().Select(i => (long)i)],
            _ => throw new GraphException($"Expected a tensor of Int64 or Int32, got {Type}."),
        };

    private static ElementType TypeOf<T>() =>
        typeof(T) == typeof(float) ? ElementType.Float
        : typeof(T) == typeof(double) ? ElementType.Double
        : typeof(T) == typeof(long) ? ElementType.Int64
        : typeof(T) == typeof(int) ? ElementType.Int32
        : typeof(T) == typeof(bool) ? ElementType.Bool
        : typeof(T) == typeof(byte) ? ElementType.UInt8
        : typeof(T) == typeof(sbyte) ? ElementType.Int8
        : typeof(T) == typeof(Half) ? ElementType.Float16
        : throw new ArgumentException($"{typeof(T)} is not the type of a tensor's elements.");
}
