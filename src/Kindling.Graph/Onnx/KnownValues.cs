using System.Numerics;
using System.Runtime.InteropServices;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Onnx;

/// <summary>
/// Small values that follow from constants and known sizes, computed while a model is read: conditions, trip counts, shapes. What is not computed here is
/// simply not known.
/// </summary>
internal sealed class KnownValues
{
    private const int MostElements = 1024;
    private const int MostRank = 6;

    private readonly Dictionary<Value, Tensor> computed = [];

    /// <summary>The elements of a value, or null if only run time knows them.</summary>
    public Tensor? Of(Value? value) =>
        value is null ? null
        : value.Constant is { } constant ? (constant.Count <= MostElements ? constant : null)
        : computed.TryGetValue(value, out Tensor? tensor) ? tensor
        : value.KnownElements is { } elements && value.Shape.IsKnown && elements.All(d => d.IsKnown)
            ? Integers([.. elements.Select(d => d.Size)], value)
        : null;

    /// <summary>Computes what a node gives, if its inputs are known.</summary>
    public void Observe(Node node)
    {
        if (
            node.Outputs is not [{ } y]
            || !y.Shape.IsKnown
            || y.Rank > MostRank
            || Count(y.Shape.ToSizes()) > MostElements
            || Of(y) is not null
        )
        {
            return;
        }

        Tensor?[] inputs = [.. node.Inputs.Select(Of)];
        if (node.Inputs.Zip(inputs).Any(p => p.First is not null && p.Second is null) || inputs.Length == 0 || inputs[0] is null)
        {
            return;
        }

        if (Compute(node, y, inputs!) is not { } result || result.Type != y.Type || !result.Sizes.SequenceEqual(y.Shape.ToSizes()))
        {
            return;
        }

        computed[y] = result;
        if (y.Type is ElementType.Int64 or ElementType.Int32 && y.Rank <= 1 && y.KnownElements is null)
        {
            long[] elements = result.ToInt64();
            y.KnownElements = elements.All(e => e >= 0) ? [.. elements.Select(Dimension.Of)] : null;
        }
    }

    private static Tensor? Integers(long[] elements, Value like) =>
        elements.Length != like.Shape.ToSizes().Aggregate(1L, (a, b) => a * b) ? null
        : like.Type == ElementType.Int64 ? Tensor.Of<long>(elements, like.Shape.ToSizes())
        : like.Type == ElementType.Int32 ? Tensor.Of<int>([.. elements.Select(e => (int)e)], like.Shape.ToSizes())
        : null;

    private static Tensor? Compute(Node node, Value y, Tensor[] x)
    {
        long[] sizes = y.Shape.ToSizes();
        return node.OpType switch
        {
            "Identity" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" => new Tensor(y.Type, sizes, x[0].Bytes),
            "Cast" or "CastLike" => Cast(x[0], y.Type, sizes),
            "Not" => Truth([.. x[0].AsSpan<bool>().ToArray().Select(v => !v)], sizes),
            "And" => Pairs<bool, bool>(x, sizes, (a, b) => a && b),
            "Or" => Pairs<bool, bool>(x, sizes, (a, b) => a || b),
            "Xor" => Pairs<bool, bool>(x, sizes, (a, b) => a != b),
            "Concat" when y.Rank == 1 => new Tensor(y.Type, sizes, [.. x.SelectMany(t => t.Bytes)]),
            "Slice" => Slice(x, sizes),
            "Transpose" => Transpose(x[0], node.Attributes.Ints("perm"), sizes),
            "ConstantOfShape" => node.Attributes.Tensor("value") is { } value
                ? Repeated(value, sizes)
                : Repeated(Tensor.Of<float>([0], 1), sizes),
            "Gather" when x[0].Sizes.Count == 1 => Gather(x[0], x[1], sizes),
            "Where" => Select(x, sizes),
            _ => x[0].Type switch
            {
                ElementType.Int64 => Arithmetic<long>(node, x, sizes),
                ElementType.Int32 => Arithmetic<int>(node, x, sizes),
                ElementType.Float => Arithmetic<float>(node, x, sizes),
                ElementType.Double => Arithmetic<double>(node, x, sizes),
                ElementType.Bool when node.OpType == "Equal" => Pairs<bool, bool>(x, sizes, (a, b) => a == b),
                _ => null,
            },
        };
    }

    private static Tensor? Arithmetic<T>(Node node, Tensor[] x, long[] sizes)
        where T : unmanaged, INumber<T>
    {
        bool divides = node.OpType is "Div" or "Mod" && x.Length > 1 && T.IsInteger(T.One / (T.One + T.One));
        return divides && x[1].AsSpan<T>().Contains(T.Zero)
            ? null
            : node.OpType switch
            {
                "Add" => Pairs<T, T>(x, sizes, (a, b) => a + b),
                "Sub" => Pairs<T, T>(x, sizes, (a, b) => a - b),
                "Mul" => Pairs<T, T>(x, sizes, (a, b) => a * b),
                "Div" => Pairs<T, T>(x, sizes, (a, b) => a / b),
                "Mod" when divides && node.Attributes.Int("fmod", 0) == 0 => Pairs<T, T>(x, sizes, (a, b) => ((a % b) + b) % b),
                "Min" when x.Length == 2 => Pairs<T, T>(x, sizes, T.Min),
                "Max" when x.Length == 2 => Pairs<T, T>(x, sizes, T.Max),
                "Equal" => Pairs<T, bool>(x, sizes, (a, b) => a == b),
                "Greater" => Pairs<T, bool>(x, sizes, (a, b) => a > b),
                "GreaterOrEqual" => Pairs<T, bool>(x, sizes, (a, b) => a >= b),
                "Less" => Pairs<T, bool>(x, sizes, (a, b) => a < b),
                "LessOrEqual" => Pairs<T, bool>(x, sizes, (a, b) => a <= b),
                "Neg" => Each<T>(x[0], sizes, a => -a),
                "Abs" => Each<T>(x[0], sizes, T.Abs),
                "Floor" => Each<T>(x[0], sizes, a => T.CreateTruncating(Math.Floor(double.CreateTruncating(a)))),
                "Ceil" => Each<T>(x[0], sizes, a => T.CreateTruncating(Math.Ceiling(double.CreateTruncating(a)))),
                "ReduceSum" when sizes.All(s => s == 1) && x[0].Sizes.Count <= 1 => Total<T>(x[0], sizes, T.Zero, (a, b) => a + b),
                "ReduceProd" when sizes.All(s => s == 1) && x[0].Sizes.Count <= 1 => Total<T>(x[0], sizes, T.One, (a, b) => a * b),
                "Range" => Range<T>(x, sizes),
                _ => null,
            };
    }

    private static Tensor Truth(bool[] values, long[] sizes) => Tensor.Of<bool>(values, sizes);

    private static Tensor Each<T>(Tensor x, long[] sizes, Func<T, T> of)
        where T : unmanaged => Tensor.Of<T>([.. x.AsSpan<T>().ToArray().Select(of)], sizes);

    private static Tensor Total<T>(Tensor x, long[] sizes, T start, Func<T, T, T> of)
        where T : unmanaged => Tensor.Of<T>([x.AsSpan<T>().ToArray().Aggregate(start, of)], sizes);

    // Of one size, or one of them a single element.
    private static Tensor? Pairs<T, TResult>(Tensor[] x, long[] sizes, Func<T, T, TResult> of)
        where T : unmanaged
        where TResult : unmanaged
    {
        T[] a = x[0].AsSpan<T>().ToArray();
        T[] b = x[1].AsSpan<T>().ToArray();
        long count = Count(sizes);
        return (a.Length == count || a.Length == 1) && (b.Length == count || b.Length == 1)
            ? Tensor.Of<TResult>(
                [.. Enumerable.Range(0, (int)count).Select(i => of(a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i]))],
                sizes
            )
            : null;
    }

    private static Tensor? Select(Tensor[] x, long[] sizes)
    {
        long count = Count(sizes);
        if (Array.Exists(x, t => t.Count != count && t.Count != 1))
        {
            return null;
        }

        int size = x[1].Type.Size();
        bool[] condition = x[0].AsSpan<bool>().ToArray();
        return new Tensor(
            x[1].Type,
            sizes,
            [.. Enumerable.Range(0, (int)count).SelectMany(i => Element(condition[condition.Length == 1 ? 0 : i] ? x[1] : x[2], i, size))]
        );
    }

    private static byte[] Element(Tensor x, int index, int size)
    {
        int at = x.Count == 1 ? 0 : index * size;
        return x.Bytes[at..(at + size)];
    }

    private static Tensor? Gather(Tensor x, Tensor indices, long[] sizes)
    {
        int size = x.Type.Size();
        long[] at = [.. indices.ToInt64().Select(i => i < 0 ? i + x.Count : i)];
        return Array.Exists(at, i => i < 0 || i >= x.Count)
            ? null
            : new Tensor(x.Type, sizes, [.. at.SelectMany(i => x.Bytes[((int)i * size)..(((int)i + 1) * size)])]);
    }

    private static Tensor? Repeated(Tensor value, long[] sizes) =>
        Count(sizes) is <= MostElements and var count
            ? new Tensor(value.Type, sizes, [.. Enumerable.Repeat(value.Bytes, (int)count).SelectMany(bytes => bytes)])
            : null;

    private static long Count(long[] sizes) => sizes.Aggregate(1L, (product, size) => product * size);

    private static Tensor? Slice(Tensor[] x, long[] sizes)
    {
        long[] starts = x[1].ToInt64();
        long[] ends = x[2].ToInt64();
        long[] axes = x.Length > 3 && x[3] is { } given ? given.ToInt64() : [.. starts.Select((_, i) => (long)i)];
        long[] steps = x.Length > 4 && x[4] is { } by ? by.ToInt64() : [.. starts.Select(_ => 1L)];
        SliceRange[] ranges = [.. x[0].Sizes.Select(size => new SliceRange(0, 1, size))];
        for (int i = 0; i < axes.Length; i++)
        {
            long axis = axes[i] < 0 ? axes[i] + ranges.Length : axes[i];
            ranges[axis] = SliceRange.Of(starts[i], ends[i], steps[i], x[0].Sizes[(int)axis]);
        }

        return Picked(x[0], sizes, (axis, place) => ranges[axis].Start + (place * ranges[axis].Step), axis => axis);
    }

    private static Tensor? Transpose(Tensor x, long[]? perm, long[] sizes)
    {
        long[] order = perm ?? [.. Enumerable.Range(0, sizes.Length).Reverse().Select(a => (long)a)];
        return Picked(x, sizes, (_, place) => place, axis => (int)order[axis]);
    }

    // Each element of the result from a place of x along each axis.
    private static Tensor? Picked(Tensor x, long[] sizes, Func<int, long, long> place, Func<int, int> axisOf)
    {
        int size = x.Type.Size();
        long count = Count(sizes);
        byte[] bytes = new byte[count * size];
        for (int i = 0; i < count; i++)
        {
            long rest = i;
            long at = 0;
            for (int axis = sizes.Length - 1; axis >= 0; axis--)
            {
                int from = axisOf(axis);
                long stride = Count([.. x.Sizes.Skip(from + 1)]);
                at += place(axis, rest % sizes[axis]) * stride;
                rest /= sizes[axis];
            }

            if (at < 0 || at >= x.Count)
            {
                return null;
            }

            x.Bytes.AsSpan((int)at * size, size).CopyTo(bytes.AsSpan(i * size));
        }

        return new Tensor(x.Type, sizes, bytes);
    }

    private static Tensor Range<T>(Tensor[] x, long[] sizes)
        where T : unmanaged, INumber<T>
    {
        (T start, T delta) = (x[0].AsSpan<T>()[0], x[2].AsSpan<T>()[0]);
        return Tensor.Of<T>([.. Enumerable.Range(0, (int)sizes[0]).Select(i => start + (T.CreateTruncating(i) * delta))], sizes);
    }

    private static Tensor? Cast(Tensor x, ElementType to, long[] sizes) =>
        x.Type switch
        {
            ElementType.Int64 => Cast<long>(x, to, sizes),
            ElementType.Int32 => Cast<int>(x, to, sizes),
            ElementType.Float => Cast<float>(x, to, sizes),
            ElementType.Double => Cast<double>(x, to, sizes),
            ElementType.UInt8 => Cast<byte>(x, to, sizes),
            ElementType.Int8 => Cast<sbyte>(x, to, sizes),
            ElementType.Bool => Cast<byte>(new Tensor(ElementType.UInt8, x.Sizes, x.Bytes), to, sizes),
            _ => null,
        };

    private static Tensor? Cast<T>(Tensor x, ElementType to, long[] sizes)
        where T : unmanaged, INumber<T>
    {
        T[] values = x.AsSpan<T>().ToArray();
        return to switch
        {
            ElementType.Int64 => To(long.CreateTruncating),
            ElementType.Int32 => To(int.CreateTruncating),
            ElementType.Float => To(float.CreateTruncating),
            ElementType.Double => To(double.CreateTruncating),
            ElementType.UInt8 => To(byte.CreateTruncating),
            ElementType.Int8 => To(sbyte.CreateTruncating),
            ElementType.Bool => To(v => v != T.Zero),
            _ => null,
        };

        Tensor To<TResult>(Func<T, TResult> of)
            where TResult : unmanaged => new(to, sizes, MemoryMarshal.AsBytes<TResult>([.. values.Select(of)]).ToArray());
    }
}
