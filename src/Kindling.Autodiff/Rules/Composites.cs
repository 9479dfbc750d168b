using System.Runtime.CompilerServices;
using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// What a rule wrote as many nodes though it is one function whose gradient is known. A second differentiation takes that gradient instead of going through
/// the nodes: the gradient of a gather is written as several gathers, and the gradient of those is the one gather again.
/// </summary>
internal static class Composites
{
    private static readonly ConditionalWeakTable<Node, Composite> ByResult = [];
    private static readonly ConditionalWeakTable<Node, Composite> ByFirst = [];

    /// <summary>Declares a function that has been written.</summary>
    /// <param name="first">The node after which, going back, every gradient of the results is known: the earliest of all.</param>
    /// <param name="operands">What it is a function of.</param>
    /// <param name="results">What it gives; nothing else of it is read by anybody.</param>
    /// <param name="gradient">From the gradients of the results, null where there is none, to those of the operands.</param>
    public static void Declare(
        Node first,
        IReadOnlyList<Value> operands,
        IReadOnlyList<Value> results,
        Func<GraphBuilder, IReadOnlyList<Value?>, IReadOnlyList<Value>> gradient
    )
    {
        Composite composite = new(operands, results, gradient);
        ByFirst.Add(first, composite);
        foreach (Value result in results)
        {
            ByResult.Add(result.Producer!, composite);
        }
    }

    /// <summary>Declares a linear map of one operand by its adjoint.</summary>
    /// <returns><paramref name="result"/>.</returns>
    public static Value Linear(Value result, Value operand, Func<GraphBuilder, Value, Value> adjoint)
    {
        Declare(result.Producer!, [operand], [result], (b, gradients) => [adjoint(b, gradients[0]!)]);
        return result;
    }

    /// <summary>Whether a node's gradient is that of a function that it is a result of.</summary>
    public static bool Covers(Node node) => ByResult.TryGetValue(node, out _);

    /// <summary>The function whose gradient is due when a node is reached; null if there is none.</summary>
    public static Composite? DueAt(Node node) => ByFirst.TryGetValue(node, out Composite? composite) ? composite : null;

    /// <summary>A function of several values.</summary>
    public sealed record Composite(
        IReadOnlyList<Value> Operands,
        IReadOnlyList<Value> Results,
        Func<GraphBuilder, IReadOnlyList<Value?>, IReadOnlyList<Value>> Gradient
    );
}
