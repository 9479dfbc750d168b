using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

/// <summary>One row: an operator applied to inputs of given shapes. Symbols of a shape stand for the size <see cref="SymbolSize"/>.</summary>
public sealed class OpCase
{
    public const int SymbolSize = 3;

    private readonly string name;

    public OpCase(string name, Func<GraphBuilder, Value[], Value> build, params Shape[] inputs)
    {
        this.name = name;
        Build = build;
        Inputs = inputs;
    }

    public Func<GraphBuilder, Value[], Value> Build { get; }

    public IReadOnlyList<Shape> Inputs { get; }

    /// <summary>Inputs are drawn uniformly between these.</summary>
    public double Low { get; init; } = -2;

    public double High { get; init; } = 2;

    public static long[] Sizes(Shape shape) => [.. shape.Select(d => d.IsKnown ? d.Size : SymbolSize)];

    public override string ToString() => $"{name}({string.Join(", ", Inputs.Select(s => s.ToString()))})";
}
