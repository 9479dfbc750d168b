using System.Collections.Frozen;

namespace Kindling.Graphs.Ops;

/// <summary>The operators that Kindling knows. An operator is one row; shape inference, interpreter, gradient and tests follow the rows.</summary>
public static class OpRegistry
{
    private static readonly FrozenDictionary<string, OpSchema> Schemas = new[]
    {
        ElementwiseOps.All,
        ConvolutionOps.All,
        MatrixOps.All,
        NormalizationOps.All,
        ReductionOps.All,
        ShapeOps.All,
        IndexingOps.All,
    }
        .SelectMany(rows => rows)
        .ToFrozenDictionary(schema => schema.Name, StringComparer.Ordinal);

    /// <summary>All operators, by name.</summary>
    public static IReadOnlyCollection<OpSchema> All => Schemas.Values;

    /// <summary>Whether the operator is known.</summary>
    public static bool Contains(string opType, string domain) => domain.Length == 0 && Schemas.ContainsKey(opType);

    /// <summary>The row of an operator.</summary>
    /// <exception cref="GraphException">The operator is not supported.</exception>
    public static OpSchema Get(string opType, string domain, string nodeName) =>
        domain.Length == 0 && Schemas.TryGetValue(opType, out OpSchema? schema)
            ? schema
            : throw new GraphException(
                $"Node '{nodeName}': operator {(domain.Length == 0 ? "ai.onnx" : domain)}.{opType} is not supported; supported are "
                    + $"{string.Join(", ", Schemas.Keys.Order(StringComparer.Ordinal))}."
            );
}
