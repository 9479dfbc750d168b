using System.Collections.Frozen;
using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// The table of gradient rules. In the formulas above each rule, x, a, b, w are inputs, y is the output, g the gradient of y, dx that of x, all of
/// the shapes of their values; sum_to(x) undoes broadcasting (<see cref="VjpContext.SumTo(Value, Value, Value)"/>). The set is closed: a rule
/// emits only operators that have a rule or are non-differentiable, so that gradients can be differentiated again.
/// </summary>
internal static partial class VjpRules
{
    private static readonly FrozenDictionary<string, VjpRule> Table = new[]
    {
        Elementwise,
        Matrix,
        Convolution,
        Normalization,
        Reductions,
        Shapes,
        Indexing,
    }
        .SelectMany(rows => rows)
        .ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// Operators whose output does not depend smoothly on any input, so that no gradient passes: comparisons, steps, positions, sizes. Values of
    /// integer and Boolean type carry no gradient either, which covers Cast to integers and the indices of the indexing operators.
    /// </summary>
    public static readonly FrozenSet<string> NonDifferentiable = new[]
    {
        "Greater",
        "GreaterOrEqual",
        "Less",
        "LessOrEqual",
        "Equal",
        "Not",
        "And",
        "Or",
        "Xor",
        "IsNaN",
        "IsInf",
        "Sign",
        "Floor",
        "Ceil",
        "Round",
        "Hardmax",
        "Shape",
        "Size",
        "ArgMax",
        "ArgMin",
        "EyeLike",
        "Range",
        "ConstantOfShape",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Operators with a rule.</summary>
    public static IReadOnlyCollection<string> Names => Table.Keys;

    /// <summary>The rule of a node's operator.</summary>
    /// <exception cref="GraphException">There is none.</exception>
    public static VjpRule Get(Node node) =>
        Table.TryGetValue(node.OpType, out VjpRule? rule)
            ? rule
            : throw new GraphException($"Node {node}: operator {node.OpType} has no gradient rule.");

    private static KeyValuePair<string, VjpRule> Row(string op, VjpRule rule) => new(op, rule);

    // An operator of one input: the function maps (builder, x, y, g) to dx.
    private static KeyValuePair<string, VjpRule> Unary(string op, Func<VjpContext, Value, Value, Value, Value> gradient) =>
        new(op, c => [gradient(c, c[0], c.Y, c.G)]);
}
