using System.Runtime.CompilerServices;
using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// Values that a rule wrote as many nodes, though they are one linear map of one operand whose adjoint is known. A second differentiation then takes the
/// adjoint instead of going through the nodes: the gradient of a gather is written as several gathers, and the gradient of those is the one gather again.
/// </summary>
internal static class LinearMaps
{
    private static readonly ConditionalWeakTable<Value, LinearMap> Known = [];

    /// <summary>Says that <paramref name="result"/> is a linear map of <paramref name="operand"/>.</summary>
    /// <param name="result">The last node's output.</param>
    /// <param name="operand">What it is linear in.</param>
    /// <param name="adjoint">From a gradient of the result to that of the operand.</param>
    /// <returns><paramref name="result"/>.</returns>
    public static Value Declare(Value result, Value operand, Func<GraphBuilder, Value, Value> adjoint)
    {
        Known.Add(result, new(operand, adjoint));
        return result;
    }

    /// <summary>The map that a value is the result of, if one was declared.</summary>
    public static LinearMap? Of(Value result) => Known.TryGetValue(result, out LinearMap? map) ? map : null;

    /// <summary>A linear map.</summary>
    public sealed record LinearMap(Value Operand, Func<GraphBuilder, Value, Value> Adjoint);
}
