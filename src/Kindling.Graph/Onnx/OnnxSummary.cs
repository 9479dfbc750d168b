using System.Globalization;
using Kindling.Graphs.Onnx.Proto;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Onnx;

/// <summary>What a model's file says of itself, whether or not Kindling supports its operators: nothing is inferred or converted.</summary>
public sealed class OnnxSummary
{
    private const string AiOnnx = "ai.onnx";

    private OnnxSummary(ModelProto model)
    {
        Name = model.Graph.Name;
        Producer = $"{model.ProducerName} {model.ProducerVersion}".Trim();
        IrVersion = model.IrVersion;
        OpSets = model.OpsetImport.GroupBy(o => Domain(o.Domain)).ToDictionary(g => g.Key, g => g.Max(o => o.Version));
        HashSet<string> initialised = [.. model.Graph.Initializer.Select(t => t.Name)];
        Inputs = [.. model.Graph.Input.Where(i => !initialised.Contains(i.Name)).Select(Port)];
        Outputs = [.. model.Graph.Output.Select(Port)];
        Initialisers = model.Graph.Initializer.Count;
        InitialValues = model.Graph.Initializer.Sum(t => t.Dims.Aggregate(1.0, (product, size) => product * size));
        NodeProto[] nodes = [.. Nodes(model.Graph)];
        Operators = Count(nodes);
        Unsupported =
        [
            .. Count(
                nodes.Where(n => !OpRegistry.Contains(n.OpType, Domain(n.Domain) == AiOnnx ? "" : n.Domain) && n.OpType != "Constant")
            ).Keys,
        ];
    }

    /// <summary>Name of the graph; may be empty.</summary>
    public string Name { get; }

    /// <summary>The tool that wrote the file and its version; may be empty.</summary>
    public string Producer { get; }

    /// <summary>Version of the file format.</summary>
    public long IrVersion { get; }

    /// <summary>Op set by domain; the standard one is <c>ai.onnx</c>.</summary>
    public IReadOnlyDictionary<string, long> OpSets { get; }

    /// <summary>Inputs in order, without those that only give an initialiser its name.</summary>
    public IReadOnlyList<OnnxPort> Inputs { get; }

    /// <summary>Outputs in order.</summary>
    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>Tensors that the file brings: parameters and constants.</summary>
    public int Initialisers { get; }

    /// <summary>Numbers in all <see cref="Initialisers"/>, as declared.</summary>
    public double InitialValues { get; }

    /// <summary>Number of nodes by operator (with its domain where that is not the standard one), the most frequent first; nodes of subgraphs count.</summary>
    public IReadOnlyDictionary<string, int> Operators { get; }

    /// <summary>Operators that Kindling has no row for; some of them are converted on import all the same.</summary>
    public IReadOnlyList<string> Unsupported { get; }

    /// <summary>Reads a model's own description.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GraphException">The bytes are no ONNX model, or a damaged one.</exception>
    public static OnnxSummary Read(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ModelProto model = OnnxReader.Parse(bytes, name);
        return model.Graph is not null && model.OpsetImport.Count > 0
            ? new OnnxSummary(model)
            : throw new GraphException($"Model '{name}': not an ONNX model, it has no {(model.Graph is null ? "graph" : "op set")}.");
    }

    private static string Domain(string domain) => domain.Length == 0 ? AiOnnx : domain;

    private static IEnumerable<NodeProto> Nodes(GraphProto graph) =>
        graph.Node.SelectMany(node =>
            node.Attribute.SelectMany(a => a.G is null ? [.. a.Graphs] : a.Graphs.Prepend(a.G)).SelectMany(Nodes).Prepend(node)
        );

    private static Dictionary<string, int> Count(IEnumerable<NodeProto> nodes) =>
        nodes
            .GroupBy(n => Domain(n.Domain) == AiOnnx ? n.OpType : $"{n.Domain}.{n.OpType}", StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);

    private static OnnxPort Port(ValueInfoProto value)
    {
        TensorTypeProto? tensor = value.Type?.TensorType;
        return new OnnxPort
        {
            Name = value.Name,
            Type = tensor is null ? "not a tensor" : ((ElementType)tensor.ElemType).ToString(),
            Shape = tensor?.Shape is null ? null : [.. tensor.Shape.Dim.Select(Size)],
        };
    }

    private static string Size(DimensionProto size) =>
        size.HasDimValue ? size.DimValue.ToString(CultureInfo.InvariantCulture)
        : size.DimParam.Length > 0 ? size.DimParam
        : "?";
}
