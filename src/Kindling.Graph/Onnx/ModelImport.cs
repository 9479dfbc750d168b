using Kindling.Graphs.Onnx.Proto;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Onnx;

/// <summary>One model on its way into a graph.</summary>
internal sealed partial class ModelImport(
    ModelProto model,
    string? folder,
    IReadOnlyDictionary<string, Tensor>? fixedInputs,
    IReadOnlyDictionary<string, long>? fixedSizes = null,
    BatchAxis? batch = null
)
{
    // Enough for any model; they bound what a hostile file can make shape inference allocate.
    private const int MaxSymbolLength = 1024;
    private const int MaxKnownElements = 1024;

    private readonly GraphProto proto = model.Graph ?? throw new GraphException("it has no graph.");
    private readonly KnownValues known = new();
    private readonly TensorSource tensors = new(folder);
    private readonly Dictionary<Tensor, Value> constants = [];
    private readonly GraphBuilder builder = new(model.Graph?.Name is { Length: > 0 } name ? name : "graph");

    private ModelFunctions? functions;

    public Graph Run()
    {
        long opset = Opset();
        Refuse(proto.SparseInitializer.Select(s => $"'{s.Values?.Name}'"), "sparse initialisers");
        if (model.TrainingInfo.Count > 0)
        {
            throw new GraphException("training information is not supported.");
        }

        RefuseUnsupportedNodes(opset);
        ReserveNames();
        HashSet<string> initialised = new(StringComparer.Ordinal);
        foreach (TensorProto tensor in proto.Initializer)
        {
            string where = $"Initialiser '{tensor.Name}'";
            initialised.Add(Named(tensor.Name, "an initialiser"));
            builder.Constant(TensorReader.Read(tensor, where, folder), tensor.Name);
        }

        // Models of IR version 3 list initialisers among the inputs, too: such a value is a constant.
        foreach (ValueInfoProto input in proto.Input.Where(i => !initialised.Contains(i.Name)))
        {
            AddInput(input);
        }

        if (fixedInputs?.Keys.FirstOrDefault(name => !builder.Graph.Contains(name)) is { } unknown)
        {
            throw new GraphException(
                $"it has no input '{unknown}', which was given a value; its inputs are {string.Join(", ", proto.Input.Select(i => i.Name))}."
            );
        }

        string[] symbols = [.. proto.Input.SelectMany(Symbols).Distinct().Order(StringComparer.Ordinal)];
        if (fixedSizes?.Keys.FirstOrDefault(name => !symbols.Contains(name)) is { } dimension)
        {
            throw new GraphException(
                $"it has no dimension '{dimension}', which was given a size; its free dimensions are {string.Join(", ", symbols)}."
            );
        }

        AddNodes(ImportScope.OfModel(opset));

        if (proto.Output.Count == 0)
        {
            throw new GraphException("its graph has no outputs.");
        }

        foreach (ValueInfoProto output in proto.Output)
        {
            AddOutput(output);
        }

        return builder.Graph;
    }

    /// <summary>Every node that can not be read: what it is, and why not.</summary>
    public IReadOnlyList<(string Node, string Fault)> Unsupported()
    {
        long opset = Opset();
        return
        [
            .. proto
                .Node.Select((node, i) => (Node: Where(node, i), Fault: NodeSupport.Fault(node, opset, Functions())))
                .Where(n => n.Fault is not null)
                .Select(n => (n.Node, n.Fault!)),
        ];
    }

    /// <summary>The operators of the model, supported or not.</summary>
    public IReadOnlyList<OnnxOperator> Operators() => NodeSupport.Operators(proto, Opset(), Functions());

    private static string Where(NodeProto node, int index) =>
        $"Node {index} {(node.Name.Length > 0 ? $"'{node.Name}'" : "without a name")} ({node.OpType})";

    private static string Named(string name, string what) =>
        name.Length > 0 ? name : throw new GraphException($"{what} of its graph has no name.");

    private static void Refuse(IEnumerable<string> names, string what)
    {
        string list = string.Join(", ", names);
        if (list.Length > 0)
        {
            throw new GraphException($"{what} are not supported: {list}.");
        }
    }

    private long Opset()
    {
        long[] versions = [.. model.OpsetImport.Where(o => NodeSupport.Domain(o.Domain).Length == 0).Select(o => o.Version).Distinct()];
        return versions switch
        {
            [>= OpsetConversion.Oldest and <= OpsetConversion.Newest] => versions[0],
            [] => throw new GraphException("it names no op set of ai.onnx."),
            [_] => throw new GraphException(
                $"op set {versions[0]} is not supported; supported are {OpsetConversion.Oldest} to {OpsetConversion.Newest}."
            ),
            _ => throw new GraphException($"it names several op sets of ai.onnx: {string.Join(", ", versions)}."),
        };
    }

    private ModelFunctions Functions() => functions ??= new ModelFunctions(model, Opset());

    // All at once, so that a user sees whether a model is worth changing.
    private void RefuseUnsupportedNodes(long opset)
    {
        List<string> faults = [];
        for (int i = 0; i < proto.Node.Count; i++)
        {
            if (NodeSupport.Fault(proto.Node[i], opset, Functions()) is { } fault)
            {
                faults.Add($"{Where(proto.Node[i], i)}: {fault}");
            }
        }

        if (faults.Count > 0)
        {
            throw new GraphException(
                $"{faults.Count} of {proto.Node.Count} nodes are not supported: {string.Join("; ", faults)}. "
                    + $"Supported are Constant, {string.Join(", ", OpRegistry.All.Select(s => s.Name).Order(StringComparer.Ordinal))}."
            );
        }
    }

    private void ReserveNames()
    {
        builder.Reserved.UnionWith(proto.Input.Select(i => i.Name));
        builder.Reserved.UnionWith(proto.Initializer.Select(i => i.Name));
        builder.Reserved.UnionWith(proto.Node.Select(n => n.Name));
        builder.Reserved.UnionWith(proto.Node.SelectMany(n => n.Output));
    }

    private void AddInput(ValueInfoProto input)
    {
        string where = $"Input '{Named(input.Name, "an input")}'";
        TensorTypeProto type = input.Type?.TensorType ?? throw new GraphException($"{where}: only tensors are supported.");
        ElementType element = TensorReader.Type(type.ElemType, where);
        TensorShapeProto shape = type.Shape ?? throw new GraphException($"{where}: its shape is missing; at least the rank must be given.");
        if (shape.Dim.Count > Shape.MaxRank)
        {
            throw new GraphException($"{where}: rank {shape.Dim.Count} is more than the limit of {Shape.MaxRank}.");
        }

        Shape declared = new(shape.Dim.Select((d, i) => Fixed(Size(d, i, input.Name, where))));
        declared = batch is not null && fixedInputs?.ContainsKey(input.Name) != true ? batch.Of(input.Name, declared) : declared;
        if (fixedInputs?.GetValueOrDefault(input.Name) is { } value)
        {
            bool fits =
                value.Type == element
                && value.Sizes.Count == declared.Rank
                && declared.Zip(value.Sizes).All(p => !p.First.IsKnown || p.First.Is(p.Second));
            builder.Constant(
                fits
                    ? value
                    : throw new GraphException($"{where}: it is {element} {declared}, a value of {value.Type} {value.Shape} was given."),
                input.Name
            );
            return;
        }

        builder.Input(input.Name, element, declared);
    }

    private static IEnumerable<string> Symbols(ValueInfoProto input) =>
        (input.Type?.TensorType?.Shape?.Dim ?? []).Select((d, i) => Size(d, i, input.Name, "").Symbol).OfType<string>();

    private Dimension Fixed(Dimension dimension) =>
        dimension.Symbol is { } symbol && fixedSizes?.TryGetValue(symbol, out long size) == true ? Dimension.Of(size) : dimension;

    // Unknown sizes get the input's own symbol; some exporters write them as -1.
    private static Dimension Size(DimensionProto dimension, int axis, string input, string where) =>
        dimension.HasDimValue && dimension.DimValue >= 0 ? Dimension.Of(dimension.DimValue)
        : dimension.HasDimValue && dimension.DimValue < -1 ? throw new GraphException($"{where}: a size can not be {dimension.DimValue}.")
        : dimension.DimParam.Length > MaxSymbolLength ? throw new GraphException($"{where}: the symbol of axis {axis} is too long.")
        : dimension.DimParam.Length > 0 && !dimension.DimParam.All(c => char.IsAsciiDigit(c) || c == '*')
            ? Dimension.Named(dimension.DimParam)
        : Dimension.Named($"{input}.{axis}");

    // A user sees all faults at once; what depends on a node that has one is no fault of its own.
    private void AddNodes(ImportScope scope)
    {
        List<GraphException> faults = [];
        HashSet<string> lost = new(StringComparer.Ordinal);
        for (int i = 0; i < proto.Node.Count; i++)
        {
            NodeProto node = proto.Node[i];
            if (node.Input.Any(lost.Contains))
            {
                lost.UnionWith(node.Output.Where(o => o.Length > 0));
                continue;
            }

            try
            {
                AddNode(node, Where(node, i), scope);
            }
            catch (GraphException e) when (!exhausted)
            {
                faults.Add(e);
                lost.UnionWith(node.Output.Where(o => o.Length > 0));
            }
        }

        switch (faults)
        {
            case []:
                break;
            case [var only]:
                throw new GraphException(only.Message, only);
            default:
                throw new GraphException(
                    $"{faults.Count} nodes can not be read: {string.Join("; ", faults.Select(f => f.Message))}",
                    faults[0]
                );
        }
    }

    private static void Bound(Value value, string where)
    {
        if (value.Rank > Shape.MaxRank)
        {
            throw new GraphException($"{where}: rank {value.Rank} is more than the limit of {Shape.MaxRank}.");
        }

        if (value.Shape.Any(TooLong) || value.KnownElements?.Any(TooLong) == true)
        {
            throw new GraphException($"{where}: a size is a product of too many symbols.");
        }

        if (value.KnownElements?.Count > MaxKnownElements)
        {
            value.KnownElements = null;
        }

        static bool TooLong(Dimension d) => d.Symbol?.Length > MaxSymbolLength;
    }

    private void AddOutput(ValueInfoProto output)
    {
        string where = $"Output '{Named(output.Name, "an output")}'";
        if (!builder.Graph.Contains(output.Name))
        {
            throw new GraphException($"{where}: nothing computes it.");
        }

        Value value = builder.Graph[output.Name];
        if (builder.Graph.Outputs.Contains(value))
        {
            throw new GraphException($"{where}: it is listed twice.");
        }

        if (output.Type?.TensorType is { } type)
        {
            bool fits =
                (!type.HasElemType || type.ElemType == 0 || type.ElemType == (int)value.Type)
                && (
                    type.Shape is null
                    || (
                        type.Shape.Dim.Count == value.Rank
                        && type.Shape.Dim.Zip(value.Shape)
                            .All(p => !p.First.HasDimValue || p.First.DimValue < 0 || !p.Second.IsKnown || p.Second.Is(p.First.DimValue))
                    )
                );
            if (!fits)
            {
                string sizes = string.Join(
                    ", ",
                    type.Shape?.Dim.Select(d =>
                        d.HasDimValue ? $"{d.DimValue}"
                        : d.DimParam.Length > 0 ? d.DimParam
                        : "?"
                    ) ?? []
                );
                throw new GraphException(
                    $"{where}: the file says {(ElementType)type.ElemType} [{sizes}], its nodes give {value.Type} {value.Shape}."
                );
            }
        }
        else if (output.Type is not null)
        {
            throw new GraphException($"{where}: only tensors are supported.");
        }

        builder.Output(value);
    }
}
