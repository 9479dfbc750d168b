using Kindling.Autodiff;
using Kindling.Graphs;

namespace Kindling.Evaluate.Importing;

/// <summary>The nodes between some constants of a graph and its output.</summary>
internal sealed class GradientPath
{
    public GradientPath(Graph graph, IReadOnlySet<string> constants)
    {
        HashSet<Value> moved = [.. graph.Constants.Where(c => constants.Contains(c.Name))];
        foreach (Node node in graph.Nodes.Where(n => n.Inputs.Any(v => v is not null && moved.Contains(v))))
        {
            moved.UnionWith(node.Outputs.OfType<Value>());
        }

        HashSet<Value> reached = [.. graph.Outputs];
        List<Node> passed = [];
        List<Node> blocked = [];
        foreach (
            Node node in graph.Nodes.Reverse().Where(n => n.Outputs.Any(v => v is not null && reached.Contains(v) && moved.Contains(v)))
        )
        {
            switch (Differentiator.Support(node.OpType))
            {
                case GradientSupport.Rule:
                    passed.Add(node);
                    reached.UnionWith(node.Inputs.OfType<Value>());
                    break;
                case GradientSupport.None:
                    blocked.Add(node);
                    break;
            }
        }

        passed.Reverse();
        blocked.Reverse();
        (Passed, Blocked) = (passed, blocked);
        Reached = (HashSet<string>)[.. reached.Where(v => v.Constant is not null).Select(v => v.Name)];
    }

    /// <summary>Constants that the gradient reaches.</summary>
    public IReadOnlySet<string> Reached { get; }

    /// <summary>Nodes that the gradient passes, in order.</summary>
    public IReadOnlyList<Node> Passed { get; }

    /// <summary>Nodes that it would have to pass and that have no rule, in order.</summary>
    public IReadOnlyList<Node> Blocked { get; }
}
