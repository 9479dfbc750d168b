namespace Kindling.Graphs.Onnx;

/// <summary>Shapes put together of sizes of other values, so that sizes that only run time knows keep their symbols.</summary>
internal static class SizeVector
{
    /// <summary>The size of one axis as a vector of one element.</summary>
    public static Value Of(GraphBuilder b, Value value, int axis) =>
        value.Shape[axis].IsKnown ? b.Ints(value.Shape[axis].Size) : b.Op("Shape", [value], ("start", axis), ("end", axis + 1));

    /// <summary>The same elements in a shape of the sizes of those axes.</summary>
    public static Value Reshape(GraphBuilder b, Value x, IReadOnlyList<(Value Value, int Axis)> sizes) =>
        sizes.All(s => s.Value.Shape[s.Axis].IsKnown)
            ? b.Op("Reshape", [x, b.Ints([.. sizes.Select(s => s.Value.Shape[s.Axis].Size)])], ("allowzero", 1))
            : b.Op("Reshape", [x, b.Concat(0, sizes.Select(s => Of(b, s.Value, s.Axis)))], ("allowzero", 1));

    /// <summary>The axes of a value, from one on.</summary>
    public static IEnumerable<(Value Value, int Axis)> Axes(Value value, int start = 0) =>
        Enumerable.Range(start, value.Rank - start).Select(axis => (value, axis));
}
