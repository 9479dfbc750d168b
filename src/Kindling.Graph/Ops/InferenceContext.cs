namespace Kindling.Graphs.Ops;

/// <summary>One node under shape inference: reads inputs and attributes, sets outputs, fails with the node's name.</summary>
public sealed class InferenceContext
{
    private readonly (ElementType Type, Shape Shape)?[] results;

    internal InferenceContext(Node node, int outputCount)
    {
        Node = node;
        results = new (ElementType, Shape)?[outputCount];
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>Outputs asked for.</summary>
    public int OutputCount => results.Length;

    /// <summary>Elements of the first output as far as they are known (a small integer tensor).</summary>
    public IReadOnlyList<Dimension>? KnownElements { get; set; }

    /// <summary>The input at <paramref name="index"/>, which must be present.</summary>
    public Value this[int index] => Node.Input(index) ?? throw Fail($"input {index} is missing");

    /// <summary>The input at <paramref name="index"/>, or null.</summary>
    public Value? Optional(int index) => Node.Input(index);

    /// <summary>Sets an output.</summary>
    public void Set(int index, ElementType type, Shape shape)
    {
        if (index < results.Length)
        {
            results[index] = (type, shape);
        }
    }

    /// <summary>Sets the first output.</summary>
    public void Set(ElementType type, Shape shape) => Set(0, type, shape);

    /// <summary>Contents of a constant integer input.</summary>
    /// <exception cref="GraphException">The input is computed at run time.</exception>
    public long[] Integers(int index, string meaning) =>
        KnownIntegers(index) ?? throw Fail($"{meaning} (input {index}, '{this[index].Name}') must be known when the graph is built");

    /// <summary>Contents of an integer input, or null if they are computed at run time.</summary>
    public long[]? KnownIntegers(int index) =>
        this[index].Constant is { } tensor ? tensor.ToInt64()
        : this[index].KnownElements is { } known && known.All(d => d.IsKnown) ? [.. known.Select(d => d.Size)]
        : this[index].Shape.ElementCount.Is(0) ? []
        : null;

    /// <summary>Contents of an integer input as dimensions, or null if it is computed at run time.</summary>
    public IReadOnlyList<Dimension>? Elements(int index) => this[index].KnownElements;

    /// <summary>Length of an input that is a vector.</summary>
    /// <exception cref="GraphException">It is no vector, or its length is not known or above <paramref name="most"/>.</exception>
    public long Length(int index, string meaning, int most)
    {
        Shape shape = this[index].Shape;
        return shape.Rank == 1 && shape[0].IsKnown && shape[0].Size <= most
            ? shape[0].Size
            : throw Fail($"{meaning} must be a vector of known length, at most {most}");
    }

    /// <summary>An axis, negative ones counted from the end.</summary>
    public int Axis(long axis, int rank) =>
        axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw Fail($"axis {axis} is outside rank {rank}");

    /// <summary>A dimension that only run time knows.</summary>
    public Dimension Fresh(int axis) => Dimension.Named($"{Node.Name}.{axis}");

    /// <summary>An error that names the node.</summary>
    public GraphException Fail(string what) =>
        new($"Node {Node} ({string.Join(", ", Node.Inputs.Select(i => i?.ToString() ?? "absent"))}): {what}.");

    internal (ElementType Type, Shape Shape) Result(int index) => results[index] ?? throw Fail($"output {index} is not computed");
}
