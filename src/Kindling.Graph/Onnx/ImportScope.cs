using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>The names of one graph of a file: the model's own, the body of a node, or a function. A body sees the names around it, a function does not.</summary>
internal sealed class ImportScope
{
    /// <summary>Levels of bodies and functions within each other.</summary>
    public const int MostLevels = 64;

    private readonly Dictionary<string, Value?> values = new(StringComparer.Ordinal);
    private readonly ImportScope? around;
    private readonly int level;

    private ImportScope(ImportScope? around, int level, string path, long opset, IReadOnlyDictionary<string, AttributeProto?>? arguments)
    {
        this.around = around;
        this.level =
            level <= MostLevels ? level : throw new GraphException($"{path}: bodies and functions are nested more than {MostLevels} deep.");
        Path = path;
        Opset = opset;
        Arguments = arguments;
    }

    /// <summary>What the graph is, for messages; empty for the model's own.</summary>
    public string Path { get; }

    /// <summary>The op set of its nodes.</summary>
    public long Opset { get; }

    /// <summary>Whether it is the model's own graph, whose names the graph keeps.</summary>
    public bool IsModel => level == 0;

    /// <summary>Whether it is a function, or lies within one.</summary>
    public bool IsFunction => Arguments is not null;

    /// <summary>Within a function, its attributes; null where one was not given.</summary>
    private IReadOnlyDictionary<string, AttributeProto?>? Arguments { get; }

    /// <summary>The names of a model's graph.</summary>
    public static ImportScope OfModel(long opset) => new(null, 0, "", opset, null);

    /// <summary>The names within a node's body.</summary>
    public ImportScope Body(string path) => new(this, level + 1, path, Opset, Arguments);

    /// <summary>The names within a function that a node of this graph calls.</summary>
    public ImportScope Function(string path, long opset, IReadOnlyDictionary<string, AttributeProto?> arguments) =>
        new(null, level + 1, path, opset, arguments);

    /// <summary>Gives a value a name here; null is an input of a function that its caller left out.</summary>
    public void Add(string name, Value? value)
    {
        if (name.Length > 0 && !values.TryAdd(name, value))
        {
            throw new GraphException($"{Path}: '{name}' is computed twice.");
        }
    }

    /// <summary>The value of a name, here or around.</summary>
    public bool TryFind(string name, out Value? value)
    {
        for (ImportScope? scope = this; scope is not null; scope = scope.around)
        {
            if (scope.values.TryGetValue(name, out value))
            {
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>Attributes with those of the function put in where a node refers to them.</summary>
    public IEnumerable<AttributeProto> Resolve(NodeProto node)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            AttributeProto? argument = null;
            if (attribute.RefAttrName.Length == 0 || Arguments?.TryGetValue(attribute.RefAttrName, out argument) != true)
            {
                yield return attribute;
            }
            else if (argument is not null)
            {
                AttributeProto named = new()
                {
                    Name = attribute.Name,
                    F = argument.F,
                    I = argument.I,
                    S = argument.S,
                    T = argument.T,
                    G = argument.G,
                    Type = argument.Type,
                    RefAttrName = argument.RefAttrName,
                };
                named.Floats.Add(argument.Floats);
                named.Ints.Add(argument.Ints);
                named.Strings.Add(argument.Strings);
                yield return named;
            }
        }
    }
}
