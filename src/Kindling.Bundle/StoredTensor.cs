namespace Kindling.Bundles;

/// <summary>Numbers of a tensor as a file holds them, in fewer bytes than float32 takes, and back.</summary>
internal static class StoredTensor
{
    // Room for the product of a scale and 127 in float32's 24 bits, so that numbers which were rounded once stay as they are.
    private const int ScaleBits = 16;

    /// <summary>Bytes of one number.</summary>
    public static int Size(TensorStorage storage) =>
        storage switch
        {
            TensorStorage.Float16 => 2,
            TensorStorage.Int8 => 1,
            _ => sizeof(float),
        };

    /// <summary>The numbers nearest to these that float16 has.</summary>
    public static Half[] ToHalf(float[] values) => Array.ConvertAll(values, value => (Half)value);

    /// <summary>Float16 as float32.</summary>
    public static float[] FromHalf(ReadOnlySpan<Half> halves)
    {
        float[] values = new float[halves.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)halves[i];
        }

        return values;
    }

    /// <summary>The whole numbers and their scales, one for each index of the first axis: the greatest of its numbers becomes 127.</summary>
    public static (sbyte[] Whole, float[] Scales) ToWhole(FloatTensor tensor)
    {
        sbyte[] whole = new sbyte[tensor.Count];
        float[] scales = new float[Rows(tensor.Shape)];
        int row = scales.Length == 0 ? 0 : tensor.Count / scales.Length;
        for (int r = 0; r < scales.Length && row > 0; r++)
        {
            ReadOnlySpan<float> values = tensor.Values.AsSpan(r * row, row);
            float scale = scales[r] = Scale(Greatest(values) / 127);
            for (int i = 0; i < row && scale > 0; i++)
            {
                whole[(r * row) + i] = (sbyte)MathF.Round(values[i] / scale);
            }
        }

        return (whole, scales);
    }

    /// <summary>Whole numbers times their scales.</summary>
    public static float[] FromWhole(ReadOnlySpan<sbyte> whole, ReadOnlySpan<float> scales)
    {
        float[] values = new float[whole.Length];
        int row = scales.Length == 0 ? 0 : whole.Length / scales.Length;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = whole[i] * scales[i / row];
        }

        return values;
    }

    /// <summary>Indices of the first axis, of which each has a scale.</summary>
    public static int Rows(IReadOnlyList<int> shape) => shape.Count == 0 ? 1 : shape[0];

    private static float Greatest(ReadOnlySpan<float> values)
    {
        float greatest = 0;
        foreach (float value in values)
        {
            greatest = MathF.Max(greatest, MathF.Abs(value));
        }

        return greatest;
    }

    // Up to a number of few bits, so that nothing comes out above 127. Subnormal numbers have too few for that: a row of such becomes zeros.
    private static float Scale(float exact)
    {
        const float LeastNormal = 1.17549435e-38f;
        if (exact < LeastNormal)
        {
            return 0;
        }

        uint bits = BitConverter.SingleToUInt32Bits(exact);
        const uint Rest = (1u << (24 - ScaleBits)) - 1;
        return BitConverter.UInt32BitsToSingle((bits + Rest) & ~Rest);
    }
}
