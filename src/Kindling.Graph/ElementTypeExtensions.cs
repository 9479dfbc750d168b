namespace Kindling.Graphs;

/// <summary>Facts about element types.</summary>
public static class ElementTypeExtensions
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) =>
        type switch
        {
            ElementType.Float or ElementType.Int32 => 4,
            ElementType.Int64 or ElementType.Double => 8,
            ElementType.Float16 => 2,
            ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type that Kindling handles."),
        };

    /// <summary>Whether gradients can flow through values of this type.</summary>
    public static bool IsFloat(this ElementType type) => type is ElementType.Float or ElementType.Double or ElementType.Float16;
}
