using Kindling.Graphs.Onnx.Proto;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Onnx;

/// <summary>Which nodes of a file can be read, told by operator alone.</summary>
internal static class NodeSupport
{
    /// <summary>The domain, "" for the standard one.</summary>
    public static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    /// <summary>Why a node can not be read, or null. Bodies of control flow are not looked at: which of them run is not known yet.</summary>
    public static string? Fault(NodeProto node, long opset, ModelFunctions? functions = null)
    {
        string domain = Domain(node.Domain);
        if (functions?.Find(node) is { } function)
        {
            return functions.Faults(function) is { Count: > 0 } faults ? string.Join("; ", faults) : null;
        }

        bool flows = ControlFlow.Contains(node.OpType, domain);
        AttributeProto? subgraph = flows ? null : node.Attribute.FirstOrDefault(a => a.G is not null || a.Graphs.Count > 0);
        bool known =
            flows
            || OpRegistry.Contains(node.OpType, domain)
            || Decompositions.Contains(Decompositions.Key(node.OpType, domain))
            || (domain.Length == 0 && (node.OpType == "Constant" || OpsetConversion.Renames(node.OpType, opset)));
        return subgraph is not null ? $"attribute '{subgraph.Name}' is a subgraph"
            : !known ? $"operator {FullDomain(domain)}.{node.OpType}"
            : domain.Length == 0
            && (
                OpsetConversion.Missing(node.OpType, opset)
                ?? Decompositions.Missing(node.OpType, opset)
                ?? ControlFlow.Missing(node.OpType, opset)
            )
                is { } since
                ? $"the operator came with op set {since}, the model has {opset}"
            : null;
    }

    /// <summary>The operators of a model in the order of their first nodes; of one that is refused anywhere, the first node that is.</summary>
    public static IReadOnlyList<OnnxOperator> Operators(GraphProto graph, long opset, ModelFunctions functions) =>
        [
            .. graph
                .Node.Select((node, i) => (Node: node, Index: i, Fault: Fault(node, opset, functions)))
                .GroupBy(n => (Domain: Domain(n.Node.Domain), n.Node.OpType))
                .Select(group =>
                {
                    (NodeProto node, int index, string? fault) = group.FirstOrDefault(n => n.Fault is not null, group.First());
                    return new OnnxOperator
                    {
                        Domain = FullDomain(group.Key.Domain),
                        OpType = group.Key.OpType,
                        ReadAs = OpsetConversion.Renames(group.Key.OpType, opset) ? "ScatterElements" : group.Key.OpType,
                        IsTakenApart =
                            Decompositions.Contains(Decompositions.Key(group.Key.OpType, group.Key.Domain))
                            || ControlFlow.Contains(group.Key.OpType, group.Key.Domain)
                            || functions.Find(node) is not null,
                        Nodes = group.Count(),
                        FirstNode = node.Name.Length > 0 ? $"{index} '{node.Name}'" : $"{index}",
                        Fault = fault,
                    };
                }),
        ];

    private static string FullDomain(string domain) => domain.Length == 0 ? "ai.onnx" : domain;
}
