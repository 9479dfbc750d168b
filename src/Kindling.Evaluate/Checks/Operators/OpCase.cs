using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>One row: an operator applied to inputs of given shapes. Symbols of a shape stand for the size <see cref="SymbolSize"/>.</summary>
public sealed class OpCase
{
    /// <summary>What symbols stand for.</summary>
    public const int SymbolSize = 3;

    private readonly string name;

    /// <summary>A case whose name begins with the operator's.</summary>
    public OpCase(string name, Func<GraphBuilder, Value[], Value> build, params Shape[] inputs)
    {
        this.name = name;
        Build = build;
        Inputs = inputs;
    }

    /// <summary>The operator.</summary>
    public string Operator => name.Split(' ')[0];

    /// <summary>Builds it.</summary>
    public Func<GraphBuilder, Value[], Value> Build { get; }

    /// <summary>Shapes of its inputs, all floats.</summary>
    public IReadOnlyList<Shape> Inputs { get; }

    /// <summary>Inputs are drawn uniformly between these.</summary>
    public double Low { get; init; } = -2;

    /// <inheritdoc cref="Low"/>
    public double High { get; init; } = 2;

    /// <summary>A shape with sizes for its symbols.</summary>
    public static long[] Sizes(Shape shape) => [.. shape.Select(d => d.IsKnown ? d.Size : SymbolSize)];

    /// <inheritdoc/>
    public override string ToString() => $"{name}({string.Join(", ", Inputs.Select(s => s.ToString()))})";
}
