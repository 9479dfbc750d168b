using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>All passes, again and again until the graph gets no smaller.</summary>
public static class Simplification
{
    /// <summary>The simplified graph: same inputs, same outputs, same names.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int before;
        do
        {
            before = graph.Nodes.Count;
            graph = DeadCode.Run(ImpliedExpansions.Run(CommonSubexpressions.Run(ConstantFolding.Run(graph))));
        } while (graph.Nodes.Count < before);
        return graph;
    }
}
