namespace Kindling.Graphs.Ops;

/// <summary>One axis of a Slice with its bounds brought inside the axis, as ONNX defines it.</summary>
/// <param name="Start">First element.</param>
/// <param name="Step">Distance of elements; negative runs backwards.</param>
/// <param name="Count">Elements taken.</param>
public readonly record struct SliceRange(long Start, long Step, long Count)
{
    /// <summary>The range of a slice over an axis of <paramref name="size"/> elements.</summary>
    public static SliceRange Of(long start, long end, long step, long size)
    {
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? size : size - 1;
        long first = Math.Clamp(start < 0 ? start + size : start, Math.Max(low, 0), Math.Max(high, 0));
        long last = end < -size ? low : Math.Clamp(end < 0 ? end + size : end, low, high);
        long count = step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step;
        return new(first, step, size == 0 ? 0 : Math.Max(0, count));
    }
}
