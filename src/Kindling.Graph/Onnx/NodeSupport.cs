using Kindling.Graphs.Onnx.Proto;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Onnx;

/// <summary>Which nodes of a file can be read, told by operator alone.</summary>
internal static class NodeSupport
{
    /// <summary>The domain, "" for the standard one.</summary>
    public static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    /// <summary>Why a node can not be read, or null.</summary>
    public static string? Fault(NodeProto node, long opset)
    {
        string domain = Domain(node.Domain);
        AttributeProto? subgraph = node.Attribute.FirstOrDefault(a => a.G is not null || a.Graphs.Count > 0);
        bool known =
            OpRegistry.Contains(node.OpType, domain)
            || (
                domain.Length == 0
                && (node.OpType == "Constant" || Decompositions.Contains(node.OpType) || OpsetConversion.Renames(node.OpType, opset))
            );
        return subgraph is not null ? $"attribute '{subgraph.Name}' is a subgraph"
            : !known ? $"operator {FullDomain(domain)}.{node.OpType}"
            : (OpsetConversion.Missing(node.OpType, opset) ?? Decompositions.Missing(node.OpType, opset)) is { } since
                ? $"the operator came with op set {since}, the model has {opset}"
            : null;
    }

    /// <summary>The operators of a model in the order of their first nodes; of one that is refused anywhere, the first node that is.</summary>
    public static IReadOnlyList<OnnxOperator> Operators(GraphProto graph, long opset) =>
        [
            .. graph
                .Node.Select((node, i) => (Node: node, Index: i, Fault: Fault(node, opset)))
                .GroupBy(n => (Domain: Domain(n.Node.Domain), n.Node.OpType))
                .Select(group =>
                {
                    (NodeProto node, int index, string? fault) = group.FirstOrDefault(n => n.Fault is not null, group.First());
                    return new OnnxOperator
                    {
                        Domain = FullDomain(group.Key.Domain),
                        OpType = group.Key.OpType,
                        ReadAs = OpsetConversion.Renames(group.Key.OpType, opset) ? "ScatterElements" : group.Key.OpType,
                        IsTakenApart = Decompositions.Contains(group.Key.OpType),
                        Nodes = group.Count(),
                        FirstNode = node.Name.Length > 0 ? $"{index} '{node.Name}'" : $"{index}",
                        Fault = fault,
                    };
                }),
        ];

    private static string FullDomain(string domain) => domain.Length == 0 ? "ai.onnx" : domain;
}
