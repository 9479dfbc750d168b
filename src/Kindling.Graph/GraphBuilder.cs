using System.Globalization;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs;

/// <summary>
/// Builds a <see cref="Graph"/> node by node; type and shape of every value are inferred at once, so that a mistake is reported at the line that
/// makes it. Methods carry the operators' ONNX names. Not thread-safe.
/// </summary>
public sealed partial class GraphBuilder
{
    private readonly Dictionary<string, int> counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Value> literals = new(StringComparer.Ordinal);

    /// <summary>A builder of a new graph.</summary>
    public GraphBuilder(string name)
        : this(new Graph(name)) { }

    /// <summary>A builder that extends a graph.</summary>
    public GraphBuilder(Graph graph) => Graph = graph;

    /// <summary>The graph so far.</summary>
    public Graph Graph { get; }

    /// <summary>Names that are never invented, because a model that is being read or copied uses them later.</summary>
    public HashSet<string> Reserved { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds an input (data or a parameter).</summary>
    public Value Input(string name, ElementType type, Shape shape) => Graph.AddInput(name, type, shape);

    /// <summary>Adds a float input of known sizes: a parameter.</summary>
    public Value Parameter(string name, params IEnumerable<long> sizes) => Graph.AddInput(name, ElementType.Float, Shape.Of(sizes));

    /// <summary>Adds a constant; without a name, equal scalars and vectors are shared.</summary>
    public Value Constant(Tensor tensor, string? name = null)
    {
        if (name is not null)
        {
            return Graph.AddConstant(name, tensor);
        }

        if (tensor.Bytes.Length > 256)
        {
            return Graph.AddConstant(Unique("constant"), tensor);
        }

        string key = $"{tensor.Type}[{string.Join(',', tensor.Sizes)}]{Convert.ToHexString(tensor.Bytes)}";
        if (!literals.TryGetValue(key, out Value? value))
        {
            literals[key] = value = Graph.AddConstant(Unique("constant"), tensor);
        }

        return value;
    }

    /// <summary>A float constant without dimensions.</summary>
    public Value Scalar(float value) => Constant(Tensor.Scalar(value));

    /// <summary>A float constant of <paramref name="like"/>'s element type, without dimensions.</summary>
    public Value ScalarLike(Value like, double value) =>
        Constant(
            like.Type switch
            {
                ElementType.Float => Tensor.Scalar((float)value),
                ElementType.Double => Tensor.Of<double>([value]),
                ElementType.Float16 => Tensor.Of<Half>([(Half)value]),
                ElementType.Int64 => Tensor.Scalar((long)value),
                ElementType.Int32 => Tensor.Of<int>([(int)value]),
                _ => throw new GraphException($"No number of element type {like.Type} ('{like.Name}')."),
            }
        );

    /// <summary>An int64 vector: axes, sizes, pads.</summary>
    public Value Ints(params ReadOnlySpan<long> values) => Constant(Tensor.Vector(values));

    /// <summary>Makes a value an output, under its own name or a new one.</summary>
    public Value Output(Value value, string? name = null)
    {
        if (name is null || name == value.Name)
        {
            Graph.AddOutput(value);
            return value;
        }

        // Inputs and constants keep their names, and a value can be an output only once.
        if (value.Producer is null || Graph.Outputs.Contains(value))
        {
            value = Identity(value);
        }

        Graph.Rename(value, name);
        Graph.AddOutput(value);
        return value;
    }

    /// <summary>Adds a node with one output.</summary>
    public Value Op(string opType, IEnumerable<Value?> inputs, params IEnumerable<(string Name, object? Value)> attributes) =>
        Ops(opType, 1, inputs, new Attributes(attributes))[0];

    /// <summary>Adds a node.</summary>
    /// <param name="opType">Operator, as ONNX names it.</param>
    /// <param name="outputCount">Outputs asked for.</param>
    /// <param name="inputs">Inputs; null where an optional one is absent.</param>
    /// <param name="attributes">Attributes.</param>
    /// <param name="nodeName">Name, or null for a new one.</param>
    /// <param name="outputNames">Names of the outputs, or null for new ones.</param>
    public IReadOnlyList<Value> Ops(
        string opType,
        int outputCount,
        IEnumerable<Value?> inputs,
        Attributes attributes,
        string? nodeName = null,
        IReadOnlyList<string>? outputNames = null
    )
    {
        string name = nodeName ?? Unique(opType.ToLowerInvariant());
        OpSchema schema = OpRegistry.Get(opType, "", name);
        Value?[] given = [.. inputs];
        int present = Array.FindLastIndex(given, v => v is not null) + 1;
        given = given[..present];
        if (present < schema.MinInputs || present > schema.MaxInputs || given.Take(schema.MinInputs).Any(v => v is null))
        {
            throw new GraphException(
                $"Node '{name}' ({opType}): expected {schema.MinInputs} to {schema.MaxInputs} inputs, got {given.Count(v => v is not null)}."
            );
        }

        if (outputCount > schema.MaxOutputs)
        {
            throw new GraphException($"Node '{name}' ({opType}): expected at most {schema.MaxOutputs} outputs, got {outputCount}.");
        }

        if (attributes.All.FirstOrDefault(a => !schema.Attributes.Contains(a.Key)) is { Key: not null } unknown)
        {
            throw new GraphException(
                $"Node '{name}' ({opType}): attribute '{unknown.Key}' is not supported; supported are {string.Join(", ", schema.Attributes)}."
            );
        }

        outputCount = Math.Max(outputCount, schema.MinOutputs);
        Node node = Graph.AddNode(name, opType, "", given, attributes);
        InferenceContext context = new(node, outputCount);
        schema.Infer(context);
        Value[] outputs = new Value[outputCount];
        for (int i = 0; i < outputCount; i++)
        {
            (ElementType type, Shape shape) = context.Result(i);
            outputs[i] = Graph.AddValue(
                outputNames?.ElementAtOrDefault(i) ?? Unique(i == 0 ? $"{name}.out" : $"{name}.out{i}"),
                type,
                shape
            );
            outputs[i].Producer = node;
        }

        outputs[0].KnownElements = context.KnownElements;
        node.Outputs = outputs;
        return outputs;
    }

    /// <summary>Copies a graph's nodes into this one.</summary>
    /// <param name="graph">The graph to copy.</param>
    /// <param name="bindings">A value of this graph for every input of the other, and for those of its constants that are to be replaced.</param>
    /// <returns>The value of this graph for each value of the other, by the other's name.</returns>
    /// <exception cref="GraphException">An input has no binding.</exception>
    public IReadOnlyDictionary<string, Value> Inline(Graph graph, IReadOnlyDictionary<string, Value> bindings)
    {
        Dictionary<string, Value> map = new(StringComparer.Ordinal);
        foreach (Value input in graph.Inputs)
        {
            map[input.Name] = bindings.TryGetValue(input.Name, out Value? bound)
                ? bound
                : throw new GraphException($"Graph '{graph.Name}': input '{input.Name}' has no binding.");
        }

        foreach (Value constant in graph.Constants)
        {
            map[constant.Name] = bindings.TryGetValue(constant.Name, out Value? bound)
                ? bound
                : Constant(constant.Constant!, constant.Constant!.Bytes.Length > 256 ? Unique(constant.Name) : null);
        }

        foreach (Node node in graph.Nodes)
        {
            Copy(node, map);
        }

        return map;
    }

    /// <summary>Copies a node of another graph into this one.</summary>
    /// <param name="node">The node.</param>
    /// <param name="values">The value of this graph for each value of the other, by the other's name; gets those of the node's outputs.</param>
    public void Copy(Node node, IDictionary<string, Value> values)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<Value> outputs = Ops(
            node.OpType,
            node.Outputs.Count,
            [.. node.Inputs.Select(v => v is null ? null : values[v.Name])],
            node.Attributes,
            Graph.HasNode(node.Name) ? Unique(node.Name) : node.Name
        );
        for (int i = 0; i < outputs.Count; i++)
        {
            if (node.Outputs[i] is { } output)
            {
                values[output.Name] = outputs[i];
            }
        }
    }

    private string Unique(string stem)
    {
        string name = stem;
        while (Graph.Contains(name) || Graph.HasNode(name) || Reserved.Contains(name))
        {
            int count = counters.GetValueOrDefault(stem) + 1;
            counters[stem] = count;
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}_{count}");
        }

        return name;
    }
}
