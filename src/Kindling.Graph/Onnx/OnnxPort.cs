namespace Kindling.Graphs.Onnx;

/// <summary>An input or output of a model as its file declares it.</summary>
public sealed class OnnxPort
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Element type as in <c>Float</c> or <c>Int64</c>; the format's number where Kindling has no name for it.</summary>
    public required string Type { get; init; }

    /// <summary>One entry an axis: its size, its symbol, or <c>?</c>; null when the file gives no shape.</summary>
    public required IReadOnlyList<string>? Shape { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Type} [{(Shape is null ? "..." : string.Join(", ", Shape))}]";
}
