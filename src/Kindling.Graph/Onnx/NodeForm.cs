namespace Kindling.Graphs.Onnx;

/// <summary>A node as it stands in a file, on its way to the form that op set 17 gives it.</summary>
internal sealed class NodeForm
{
    public required GraphBuilder Builder { get; init; }

    /// <summary>What the node is, for messages.</summary>
    public required string Where { get; init; }

    /// <summary>The model's op set.</summary>
    public required long Opset { get; init; }

    public required string OpType { get; set; }

    public required List<Value?> Inputs { get; set; }

    public required SortedDictionary<string, object> Attributes { get; set; }

    /// <summary>Names of the outputs, empty where one is not asked for.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Whether an output is asked for.</summary>
    public bool Wants(int output) => Outputs.ElementAtOrDefault(output)?.Length > 0;

    /// <summary>An input that must be there.</summary>
    public Value Input(int index) => Optional(index) ?? throw new GraphException($"{Where}: input {index} is missing.");

    /// <summary>An input that may be absent.</summary>
    public Value? Optional(int index) => Inputs.ElementAtOrDefault(index);

    /// <summary>Takes an attribute that is an integer.</summary>
    public long Int(string name, long absent) => Take<long?>(name) ?? absent;

    /// <summary>Takes an attribute that is a number.</summary>
    public float Float(string name, float absent) => Take<float?>(name) ?? absent;

    /// <summary>Takes an attribute that is a text.</summary>
    public string Text(string name, string absent) => Take<string>(name) ?? absent;

    /// <summary>Takes an attribute of integers; null if it is absent.</summary>
    public long[]? Ints(string name) => Take<long[]>(name);

    /// <summary>Takes an attribute of numbers; null if it is absent.</summary>
    public float[]? Floats(string name) => Take<float[]>(name);

    /// <summary>Takes an attribute of texts; null if it is absent.</summary>
    public string[]? Texts(string name) => Take<string[]>(name);

    /// <summary>Moves an attribute of integers to an input, where later op sets have it.</summary>
    public void IntsToInput(string attribute, int index)
    {
        if (Take<long[]>(attribute, index) is { } values)
        {
            Place(index, Builder.Ints(values));
        }
    }

    /// <summary>Moves an attribute that is an integer to an input, where later op sets have it as a vector of one.</summary>
    public void IntToInput(string attribute, int index)
    {
        if (Take<long?>(attribute, index) is { } value)
        {
            Place(index, Builder.Ints(value));
        }
    }

    /// <summary>Moves an attribute that is a number to an input, where later op sets have it.</summary>
    public void FloatToInput(string attribute, int index)
    {
        if (Take<float?>(attribute, index) is { } value)
        {
            Value like = Inputs.ElementAtOrDefault(0) ?? throw new GraphException($"{Where}: input 0 is missing.");
            Place(index, Builder.ScalarLike(like, value));
        }
    }

    private T? Take<T>(string attribute, int index)
    {
        if (Inputs.ElementAtOrDefault(index) is not null)
        {
            throw new GraphException($"{Where}: at op set {Opset}, '{attribute}' is an attribute, not input {index}.");
        }

        return Take<T>(attribute);
    }

    private T? Take<T>(string attribute) =>
        !Attributes.Remove(attribute, out object? value) ? default
        : value is T typed ? typed
        : throw new GraphException($"{Where}: attribute '{attribute}' has a wrong type.");

    private void Place(int index, Value value)
    {
        while (Inputs.Count <= index)
        {
            Inputs.Add(null);
        }

        Inputs[index] = value;
    }
}
