namespace Kindling.Graphs;

/// <summary>One value of a graph: an input, a constant or the output of a node. Every value has a type and a shape.</summary>
public sealed class Value
{
    internal Value(string name, ElementType type, Shape shape)
    {
        Name = name;
        Type = type;
        Shape = shape;
    }

    /// <summary>Unique in its graph.</summary>
    public string Name { get; internal set; }

    /// <summary>Element type.</summary>
    public ElementType Type { get; internal set; }

    /// <summary>Shape; dimensions known only at run time are symbols.</summary>
    public Shape Shape { get; internal set; }

    /// <summary>The node that computes it; null for an input and a constant.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>The contents of a constant; otherwise null.</summary>
    public Tensor? Constant { get; internal set; }

    /// <summary>
    /// Elements of a small integer tensor (rank 0 or 1) as far as shape inference knows them, so that shapes computed from shapes stay known;
    /// null if nothing is known.
    /// </summary>
    internal IReadOnlyList<Dimension>? KnownElements { get; set; }

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Rank;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Type} {Shape}";
}
