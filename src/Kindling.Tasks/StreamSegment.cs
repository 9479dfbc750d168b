using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>A stretch of a stream that is about one thing: what is learned from, in order, and what shows whether it is still known.</summary>
/// <param name="X">Inputs <c>[n, ...input]</c>.</param>
/// <param name="Y">Class numbers <c>[n]</c>, or targets <c>[n, outputs]</c>.</param>
/// <param name="QueryX">Inputs to judge by.</param>
/// <param name="QueryY">Their class numbers or targets.</param>
public sealed record StreamSegment(FloatTensor X, FloatTensor Y, FloatTensor QueryX, FloatTensor QueryY)
{
    /// <summary>What is learned from, in parts of a size, in order; the last one as large as what is left.</summary>
    /// <param name="size">Examples in a part; 0: all in one.</param>
    public IEnumerable<(FloatTensor X, FloatTensor Y)> Parts(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        int count = X.Shape[0];
        int step = size == 0 ? count : size;
        for (int from = 0; from < count; from += step)
        {
            int length = Math.Min(step, count - from);
            yield return (Rows(X, from, length), Rows(Y, from, length));
        }
    }

    /// <summary>Some rows of a tensor.</summary>
    internal static FloatTensor Rows(FloatTensor tensor, int from, int count)
    {
        int length = tensor.Count / tensor.Shape[0];
        return new FloatTensor([count, .. tensor.Shape.Skip(1)], tensor.Values[(from * length)..((from + count) * length)]);
    }
}
