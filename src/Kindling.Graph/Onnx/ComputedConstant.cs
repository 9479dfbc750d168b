namespace Kindling.Graphs.Onnx;

/// <summary>Constants that are computed in double precision, in any type of floats.</summary>
internal static class ComputedConstant
{
    /// <summary>A tensor of <paramref name="type"/>.</summary>
    /// <exception cref="GraphException">It is no type of floats.</exception>
    public static Tensor Of(ElementType type, double[] values, params IReadOnlyList<long> sizes) =>
        type switch
        {
            ElementType.Float => Tensor.Of<float>([.. values.Select(v => (float)v)], sizes),
            ElementType.Double => Tensor.Of<double>(values, sizes),
            ElementType.Float16 => Tensor.Of<Half>([.. values.Select(v => (Half)v)], sizes),
            _ => throw new GraphException($"expected floats, got {type}."),
        };
}
