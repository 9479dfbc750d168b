namespace Kindling.Graphs.Ops;

/// <summary>Broadcasting of shapes as ONNX (and NumPy) define it.</summary>
internal static class Broadcast
{
    /// <summary>
    /// The shape that two shapes broadcast to. A symbol against a number other than 1 is taken to be that number; two different symbols are refused.
    /// </summary>
    public static Shape Of(InferenceContext context, Shape a, Shape b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Dimension[] result = new Dimension[rank];
        for (int i = 1; i <= rank; i++)
        {
            Dimension x = i <= a.Rank ? a[-i] : 1;
            Dimension y = i <= b.Rank ? b[-i] : 1;
            result[rank - i] =
                x == y || y.Is(1) ? x
                : x.Is(1) ? y
                : x.IsKnown && !y.IsKnown ? x
                : !x.IsKnown && y.IsKnown ? y
                : throw context.Fail($"shapes {a} and {b} do not broadcast");
        }

        return new Shape(result);
    }
}
