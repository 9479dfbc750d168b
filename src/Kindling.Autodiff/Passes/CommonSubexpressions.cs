using System.Globalization;
using System.Security.Cryptography;
using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>Computes once what several nodes compute alike: same operator, attributes and inputs. Equal constants count as one.</summary>
public static class CommonSubexpressions
{
    // exactly commutative in floating point
    private static readonly HashSet<string> Commutative = new(StringComparer.Ordinal) { "Add", "Mul", "Equal" };

    /// <summary>The graph without repeated nodes.</summary>
    /// <exception cref="GraphException">The result is not what the pass promises.</exception>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Rewriter rewriter = new(graph);
        Dictionary<string, Node> nodes = new(StringComparer.Ordinal);
        Dictionary<string, Value> constants = new(StringComparer.Ordinal);
        foreach (Value constant in graph.Constants)
        {
            string key = Key(constant.Constant!);
            if (constants.TryGetValue(key, out Value? first))
            {
                rewriter.Replace(constant, rewriter.Map(first));
            }
            else
            {
                constants[key] = constant;
            }
        }

        foreach (Node node in graph.Nodes)
        {
            string key = Key(node, v => rewriter.Map(v).Name);
            if (nodes.TryGetValue(key, out Node? first))
            {
                for (int i = 0; i < node.Outputs.Count; i++)
                {
                    if (node.Outputs[i] is { } output && first.Outputs[i] is { } same)
                    {
                        rewriter.Replace(output, rewriter.Map(same));
                    }
                }
            }
            else
            {
                nodes[key] = node;
                rewriter.Copy(node);
            }
        }

        Graph result = rewriter.Finish(nameof(CommonSubexpressions));
        Check(result);
        return result;
    }

    private static void Check(Graph graph)
    {
        Dictionary<string, Node> seen = new(StringComparer.Ordinal);
        // Identity nodes give a second output name to one value.
        foreach (Node node in graph.Nodes.Where(n => n.OpType != "Identity"))
        {
            string key = Key(node, v => v.Name);
            if (!seen.TryAdd(key, node))
            {
                throw new GraphException($"Pass {nameof(CommonSubexpressions)}: nodes {seen[key]} and {node} compute the same.");
            }
        }
    }

    private static string Key(Node node, Func<Value, string> name)
    {
        IEnumerable<string> inputs = node.Inputs.Select(v => v is null ? "" : name(v));
        inputs = Commutative.Contains(node.OpType) ? inputs.Order(StringComparer.Ordinal) : inputs;
        // absent outputs are part of the key: a node without an output can not stand for one that has it
        string outputs = string.Concat(node.Outputs.Select(v => v is null ? '-' : '+'));
        string attributes = string.Join('\u0001', node.Attributes.All.Select(a => $"{a.Key}={Key(a.Value)}"));
        return string.Join('\u0002', [node.Domain, node.OpType, outputs, attributes, .. inputs]);
    }

    private static string Key(object value) =>
        value switch
        {
            long[] numbers => string.Join(',', numbers),
            float[] numbers => string.Join(',', numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))),
            string[] texts => string.Join('\u0003', texts),
            Tensor tensor => Key(tensor),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    // a digest, because the text of the elements of all weights would be many times as large as these
    private static string Key(Tensor tensor) =>
        $"{tensor.Type}[{string.Join(',', tensor.Sizes)}]{Convert.ToHexString(SHA256.HashData(tensor.Bytes))}";
}
