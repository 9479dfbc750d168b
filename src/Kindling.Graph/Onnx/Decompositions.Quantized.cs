namespace Kindling.Graphs.Onnx;

/// <content>
/// Quantised operators, in floats. Integers become floats of the same value. Where ranges are fixed (QuantizeLinear, QLinear...), values are rounded and limited as
/// the original does it, and the gradient passes the rounding as if it were not there (the straight-through estimator of Bengio et al. 2013). Where a range
/// follows from the batch at hand (DynamicQuantizeLinear), nothing is rounded: the result would depend on the other examples.
/// </content>
internal static partial class Decompositions
{
    // y = saturate(round(x / scale) + zero point)
    private static Value Quantize(NodeForm f, Value x, Value scale, Value? zero, long axis)
    {
        GraphBuilder b = f.Builder;
        _ = f.Int("saturate", 1);
        ElementType type = zero?.Type ?? ElementType.UInt8;
        (double least, double most) = type switch
        {
            ElementType.UInt8 => (0, 255),
            ElementType.Int8 => (-128, 127),
            _ => throw new GraphException($"{f.Where}: zero points of UInt8 and Int8 are supported, got {type}."),
        };
        Value levels = StraightThrough(b, b.Div(x, AlongAxis(f, scale, x, axis)));
        Value shifted = zero is null ? levels : b.Add(levels, AlongAxis(f, Number(b, zero), x, axis));
        return b.Clip(shifted, b.Scalar((float)least), b.Scalar((float)most));
    }

    // x = (y - zero point) scale; of constants a constant, so that it can be trained like any weight
    private static Value Dequantize(NodeForm f, Value y, Value scale, Value? zero, long axis)
    {
        GraphBuilder b = f.Builder;
        if (y.Constant is { } levels && scale.Constant is { } factors && (zero is null || zero.Constant is not null))
        {
            int at = (int)(axis < 0 ? axis + y.Rank : axis);
            return b.Constant(Dequantized(levels, factors.AsSpan<float>(), zero?.Constant, at), Unused(b, $"{y.Name}.float"));
        }

        Value shifted = zero is null ? Number(b, y) : b.Sub(Number(b, y), AlongAxis(f, Number(b, zero), y, axis));
        return b.Mul(shifted, AlongAxis(f, scale, y, axis));
    }

    private static Tensor Dequantized(Tensor levels, ReadOnlySpan<float> scale, Tensor? zero, int axis)
    {
        double[] values = Numbers(levels);
        double[] zeros = zero is null ? [0] : Numbers(zero);
        long inner = levels.Sizes.Skip(axis + 1).Aggregate(1L, (a, d) => a * d);
        float[] result = new float[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int channel = scale.Length == 1 ? 0 : (int)(i / inner % scale.Length);
            result[i] = (float)(values[i] - zeros[zeros.Length == 1 ? 0 : channel]) * scale[channel];
        }

        return Tensor.Of<float>(result, levels.Sizes);
    }

    private static double[] Numbers(Tensor tensor) =>
        tensor.Type switch
        {
            ElementType.UInt8 => Array.ConvertAll(tensor.AsSpan<byte>().ToArray(), v => (double)v),
            ElementType.Int8 => Array.ConvertAll(tensor.AsSpan<sbyte>().ToArray(), v => (double)v),
            ElementType.Int32 => Array.ConvertAll(tensor.AsSpan<int>().ToArray(), v => (double)v),
            ElementType.Float => Array.ConvertAll(tensor.AsSpan<float>().ToArray(), v => (double)v),
            _ => throw new GraphException($"Quantised values are UInt8, Int8 or Int32, got {tensor.Type}."),
        };

    private static Value Number(GraphBuilder b, Value value) => value.Type == ElementType.Float ? value : b.Cast(value, ElementType.Float);

    // One number for all, or one for each place of an axis.
    private static Value AlongAxis(NodeForm f, Value value, Value of, long axis)
    {
        if (value.Rank == 0 || (value.Rank == 1 && value.Shape[0].Is(1)))
        {
            return value.Rank == 0 ? value : f.Builder.Squeeze(value, 0);
        }

        long at = axis < 0 ? axis + of.Rank : axis;
        return value.Rank == 1 && at >= 0 && at < of.Rank && value.Shape[0].Equals(of.Shape[(int)at])
            ? f.Builder.Reshape(value, [.. Enumerable.Range(0, of.Rank).Select(i => i == at ? -1L : 1)])
            : throw new GraphException(
                $"{f.Where}: expected one scale, or one for each place of axis {axis} of {of.Shape}, got {value.Shape}."
            );
    }

    // round(c), with the gradient of c: the difference of two roundings, the second one so fine that it is c, lets none pass.
    private static Value StraightThrough(GraphBuilder b, Value c)
    {
        const double Fine = 1 << 20;
        Value same = b.Mul(b.Op("Round", [b.Mul(c, Fine)]), 1 / Fine);
        return b.Add(c, b.Sub(b.Op("Round", [c]), same));
    }

    private static IReadOnlyList<Value?> Unquantized(NodeForm f) => [f.Input(0), f.Builder.Scalar(1), f.Builder.Scalar(0)];

    private static Value WithoutZero(NodeForm f, int value, int zero, long axis) =>
        f.Optional(zero) is { } shift
            ? f.Builder.Sub(Number(f.Builder, f.Input(value)), AlongAxis(f, Number(f.Builder, shift), f.Input(value), axis))
            : Number(f.Builder, f.Input(value));

    private static Value MatMulInteger(NodeForm f) => f.Builder.MatMul(WithoutZero(f, 0, 2, -2), WithoutZero(f, 1, 3, -1));

    private static Value ConvInteger(NodeForm f) => Convolved(f, WithoutZero(f, 0, 2, 0), WithoutZero(f, 1, 3, 0), null);

    private static Value Convolved(NodeForm f, Value x, Value weight, Value? bias)
    {
        Value result = f.Builder.Op("Conv", [x, weight, bias], f.Attributes.Select(a => (a.Key, (object?)a.Value)).ToArray());
        f.Attributes.Clear();
        return result;
    }

    private static Value QuantizedMatMul(NodeForm f) =>
        Quantize(
            f,
            f.Builder.MatMul(
                Dequantize(f, f.Input(0), f.Input(1), f.Optional(2), -2),
                Dequantize(f, f.Input(3), f.Input(4), f.Optional(5), -1)
            ),
            f.Input(6),
            f.Optional(7),
            -1
        );

    private static Value QuantizedConv(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value? bias = f.Optional(8) is { } whole
            ? b.Mul(Number(b, whole), b.Mul(AlongAxis(f, f.Input(1), f.Input(0), 0), f.Input(4)))
            : null;
        Value y = Convolved(
            f,
            Dequantize(f, f.Input(0), f.Input(1), f.Optional(2), 0),
            Dequantize(f, f.Input(3), f.Input(4), f.Optional(5), 0),
            bias
        );
        return Quantize(f, y, f.Input(6), f.Optional(7), 1);
    }

    private static string Unused(GraphBuilder b, string name)
    {
        string free = name;
        for (int i = 1; b.Graph.Contains(free) || b.Reserved.Contains(free); i++)
        {
            free = $"{name}_{i}";
        }

        return free;
    }
}
