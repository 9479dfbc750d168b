namespace Kindling.Graphs;

/// <summary>
/// A model, or a piece of one: inputs, constants, nodes in an order in which they can run, outputs. It is the only definition of a model that
/// Kindling has; training interprets it, the differentiator extends it, ONNX files hold it. Built by <see cref="GraphBuilder"/>. Not thread-safe
/// while it is built, safe to read afterwards.
/// </summary>
public sealed class Graph
{
    /// <summary>The operator set of every graph that Kindling makes.</summary>
    public const int OpsetVersion = 17;

    private readonly List<Value> inputs = [];
    private readonly List<Value> constants = [];
    private readonly List<Node> nodes = [];
    private readonly List<Value> outputs = [];
    private readonly Dictionary<string, Value> names = new(StringComparer.Ordinal);
    private readonly HashSet<string> nodeNames = new(StringComparer.Ordinal);

    /// <summary>An empty graph.</summary>
    public Graph(string name) => Name = name;

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>Inputs in order; parameters are inputs like any other.</summary>
    public IReadOnlyList<Value> Inputs => inputs;

    /// <summary>Constants.</summary>
    public IReadOnlyList<Value> Constants => constants;

    /// <summary>Nodes; each comes after the producers of its inputs.</summary>
    public IReadOnlyList<Node> Nodes => nodes;

    /// <summary>Outputs in order.</summary>
    public IReadOnlyList<Value> Outputs => outputs;

    /// <summary>The value of that name.</summary>
    /// <exception cref="GraphException">There is none.</exception>
    public Value this[string name] =>
        names.TryGetValue(name, out Value? value) ? value : throw new GraphException($"Graph '{Name}' has no value '{name}'.");

    /// <summary>Whether a value of that name exists.</summary>
    public bool Contains(string name) => names.ContainsKey(name);

    /// <summary>The input of that name.</summary>
    /// <exception cref="GraphException">There is none.</exception>
    public Value Input(string name) =>
        inputs.Find(v => v.Name == name)
        ?? throw new GraphException($"Graph '{Name}' has no input '{name}'; it has {string.Join(", ", inputs.Select(v => v.Name))}.");

    /// <summary>The output of that name.</summary>
    /// <exception cref="GraphException">There is none.</exception>
    public Value Output(string name) =>
        outputs.Find(v => v.Name == name)
        ?? throw new GraphException($"Graph '{Name}' has no output '{name}'; it has {string.Join(", ", outputs.Select(v => v.Name))}.");

    internal Value AddInput(string name, ElementType type, Shape shape)
    {
        Value value = AddValue(name, type, shape);
        inputs.Add(value);
        return value;
    }

    internal Value AddConstant(string name, Tensor tensor)
    {
        Value value = AddValue(name, tensor.Type, tensor.Shape);
        value.Constant = tensor;
        if (tensor.Type is ElementType.Int64 or ElementType.Int32 && tensor.Sizes.Count <= 1 && tensor.Count <= 64)
        {
            long[] elements = tensor.ToInt64();
            // Negative numbers (-1 in Reshape, axes) are no dimensions; readers of such tensors look at the constant itself.
            value.KnownElements = Array.TrueForAll(elements, e => e >= 0) ? [.. elements.Select(Dimension.Of)] : null;
        }

        constants.Add(value);
        return value;
    }

    internal Node AddNode(string name, string opType, string domain, IEnumerable<Value?> inputs, Attributes attributes)
    {
        if (!nodeNames.Add(name))
        {
            throw new GraphException($"Graph '{Name}' has two nodes named '{name}'.");
        }

        Node node = new(name, opType, domain, inputs, attributes);
        nodes.Add(node);
        return node;
    }

    internal bool HasNode(string name) => nodeNames.Contains(name);

    internal Value AddValue(string name, ElementType type, Shape shape)
    {
        Value value = new(name, type, shape);
        return names.TryAdd(name, value) ? value : throw new GraphException($"Graph '{Name}' has two values named '{name}'.");
    }

    internal void AddOutput(Value value) => outputs.Add(value);

    internal void Rename(Value value, string name)
    {
        if (!names.TryAdd(name, value))
        {
            throw new GraphException($"Graph '{Name}': '{value.Name}' can not be renamed to '{name}', which is taken.");
        }

        names.Remove(value.Name);
        value.Name = name;
    }
}
