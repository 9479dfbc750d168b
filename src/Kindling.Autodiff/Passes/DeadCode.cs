using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>Leaves out nodes and constants that no output depends on. Changes nothing else; inputs stay even if unused.</summary>
public static class DeadCode
{
    /// <summary>The graph without dead nodes.</summary>
    /// <exception cref="GraphException">The result is not what the pass promises.</exception>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        HashSet<Node> alive = Alive(graph);
        Rewriter rewriter = new(graph);
        foreach (Node node in graph.Nodes.Where(alive.Contains))
        {
            rewriter.Copy(node);
        }

        Graph result = rewriter.Finish(nameof(DeadCode));
        HashSet<Node> left = Alive(result);
        return result.Nodes.FirstOrDefault(n => !left.Contains(n)) is { } dead
            ? throw new GraphException($"Pass {nameof(DeadCode)}: node {dead} is dead still.")
            : result;
    }

    private static HashSet<Node> Alive(Graph graph)
    {
        HashSet<Node> alive = [.. graph.Outputs.Select(v => v.Producer).OfType<Node>()];
        foreach (Node node in graph.Nodes.Reverse().Where(alive.Contains))
        {
            alive.UnionWith(node.Inputs.Select(v => v?.Producer).OfType<Node>());
        }

        return alive;
    }
}
