using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>All passes, again and again until the graph gets no smaller.</summary>
public static class Simplification
{
    /// <summary>The passes in their order, with their names.</summary>
    public static IReadOnlyList<(string Name, Func<Graph, Graph> Run)> Passes { get; } =
    [
        (nameof(ConstantFolding), ConstantFolding.Run),
        (nameof(CommonSubexpressions), CommonSubexpressions.Run),
        (nameof(ImpliedExpansions), ImpliedExpansions.Run),
        (nameof(DeadCode), DeadCode.Run),
    ];

    /// <summary>The simplified graph: same inputs, same outputs, same names.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int before;
        do
        {
            before = graph.Nodes.Count;
            graph = Passes.Aggregate(graph, (g, pass) => pass.Run(g));
        } while (graph.Nodes.Count < before);
        return graph;
    }
}
