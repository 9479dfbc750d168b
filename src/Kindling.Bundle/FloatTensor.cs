namespace Kindling.Bundles;

/// <summary>A dense row-major float32 array with a shape. Shape <c>[]</c> is a scalar: one element.</summary>
/// <remarks>
/// The tensor does not copy: it shares <see cref="Values"/> with whoever made it. Reading from several threads is safe
/// as long as nobody writes.
/// </remarks>
public sealed class FloatTensor
{
    private readonly int[] _shape;

    /// <summary>Wraps <paramref name="values"/> without copying them; the shape is copied.</summary>
    /// <exception cref="ArgumentException">
    /// A dimension is negative, or the product of the dimensions is not the number of values.
    /// </exception>
    public FloatTensor(int[] shape, float[] values)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        if (!Matches(shape, values.Length))
        {
            throw new ArgumentException(
                $"A tensor of shape [{string.Join(", ", shape)}] cannot hold {values.Length} values.",
                nameof(values)
            );
        }

        _shape = (int[])shape.Clone();
        Values = values;
    }

    /// <summary>The dimensions, outermost first.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>All elements, row-major; owned by this tensor, not a copy.</summary>
    public float[] Values { get; }

    /// <summary>The number of elements.</summary>
    public int Count => Values.Length;

    /// <summary>The number of dimensions; 0 for a scalar.</summary>
    public int Rank => _shape.Length;

    /// <summary>A tensor of shape <c>[]</c> that holds <paramref name="value"/>.</summary>
    public static FloatTensor Scalar(float value) => new([], [value]);

    /// <summary>A tensor of zeros.</summary>
    /// <exception cref="ArgumentException">A dimension is negative or there are more than 2^31 - 1 elements.</exception>
    public static FloatTensor Zeros(params int[] shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long count = 1;
        foreach (int dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = Math.Min(count * dimension, int.MaxValue + 1L);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (long)Array.MaxLength, nameof(shape));
        return new FloatTensor(shape, new float[count]);
    }

    /// <summary>The same numbers as a file that holds them so gives them back; rounded once they stay as they are.</summary>
    /// <exception cref="ArgumentException">A number is not finite, or above 65504 with float16.</exception>
    public FloatTensor RoundedTo(TensorStorage storage)
    {
        if (storage == TensorStorage.Float32)
        {
            return this;
        }

        float most = storage == TensorStorage.Float16 ? (float)Half.MaxValue : float.MaxValue;
        int beyond = Array.FindIndex(Values, value => !(MathF.Abs(value) <= most));
        if (beyond >= 0)
        {
            throw new ArgumentException($"{storage} holds numbers up to {most} in size, element {beyond} of {this} is {Values[beyond]}.");
        }

        if (storage == TensorStorage.Float16)
        {
            return new FloatTensor(_shape, StoredTensor.FromHalf(StoredTensor.ToHalf(Values)));
        }

        (sbyte[] whole, float[] scales) = StoredTensor.ToWhole(this);
        return new FloatTensor(_shape, StoredTensor.FromWhole(whole, scales));
    }

    /// <summary>The shape as <c>[2, 3]</c>, for messages.</summary>
    public override string ToString() => $"float[{string.Join(", ", _shape)}]";

    private static bool Matches(int[] shape, int length)
    {
        long count = 1;
        foreach (int dimension in shape)
        {
            if (dimension < 0)
            {
                return false;
            }

            // Saturates just above the largest possible length, so that a hostile shape cannot wrap around.
            count = Math.Min(count * dimension, int.MaxValue + 1L);
        }

        return count == length;
    }
}
