using Google.Protobuf;
using Kindling.Graphs;
using Kindling.Graphs.Onnx.Proto;
using Kind = Kindling.Graphs.Onnx.Proto.AttributeProto.Types.Kind;

namespace Kindling.TestSupport;

/// <summary>Writes ONNX models for tests, piece by piece.</summary>
internal static class ModelText
{
    /// <summary>A node; empty names are absent inputs and outputs.</summary>
    public static NodeProto Node(string op, string inputs, string outputs, params (string Name, object Value)[] attributes)
    {
        string[] parts = op.Split(':');
        NodeProto node = new() { OpType = parts[^1], Domain = parts.Length > 1 ? parts[0] : "" };
        node.Input.AddRange(Names(inputs));
        node.Output.AddRange(Names(outputs));
        node.Attribute.AddRange(attributes.Select(a => Attribute(a.Name, a.Value)));
        return node;
    }

    /// <summary>A graph or the body of a node; values are names with types and sizes, "x: f[2,n]", without a type "x".</summary>
    public static GraphProto Graph(string inputs, string outputs, params NodeProto[] nodes)
    {
        GraphProto graph = new() { Name = "g" };
        graph.Input.AddRange(Values(inputs));
        graph.Output.AddRange(Values(outputs));
        graph.Node.AddRange(nodes);
        return graph;
    }

    /// <summary>A model of op set 17 and version 1 of com.microsoft.</summary>
    public static ModelProto Model(GraphProto graph, int opset = 17)
    {
        ModelProto model = new() { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model;
    }

    /// <summary>The same graph with initialisers.</summary>
    public static GraphProto With(this GraphProto graph, params (string Name, Tensor Value)[] initialisers)
    {
        graph.Initializer.AddRange(initialisers.Select(i => Constant(i.Name, i.Value)));
        return graph;
    }

    /// <summary>An initialiser.</summary>
    public static TensorProto Constant(string name, Tensor tensor)
    {
        TensorProto proto = new()
        {
            Name = name,
            DataType = (int)tensor.Type,
            RawData = ByteString.CopyFrom(tensor.Bytes),
        };
        proto.Dims.AddRange(tensor.Sizes);
        return proto;
    }

    private static string[] Names(string list) => list.Length == 0 ? [] : list.Split(',', StringSplitOptions.TrimEntries);

    private static IEnumerable<ValueInfoProto> Values(string list)
    {
        foreach (string one in list.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = one.Split(':', StringSplitOptions.TrimEntries);
            ValueInfoProto value = new() { Name = parts[0] };
            if (parts.Length > 1)
            {
                int open = parts[1].IndexOf('[', StringComparison.Ordinal);
                TensorTypeProto type = new()
                {
                    ElemType = parts[1][..open] switch
                    {
                        "f" => (int)ElementType.Float,
                        "i" => (int)ElementType.Int64,
                        "i32" => (int)ElementType.Int32,
                        "b" => (int)ElementType.Bool,
                        var other => throw new ArgumentException(other),
                    },
                    Shape = new TensorShapeProto(),
                };
                type.Shape.Dim.AddRange(
                    Names(parts[1][(open + 1)..^1])
                        .Select(size =>
                            long.TryParse(size, out long number)
                                ? new DimensionProto { DimValue = number }
                                : new DimensionProto { DimParam = size }
                        )
                );
                value.Type = new TypeProto { TensorType = type };
            }

            yield return value;
        }
    }

    private static AttributeProto Attribute(string name, object value)
    {
        AttributeProto attribute = new() { Name = name };
        switch (value)
        {
            case int number:
                (attribute.Type, attribute.I) = (Kind.Int, number);
                break;
            case float number:
                (attribute.Type, attribute.F) = (Kind.Float, number);
                break;
            case string text when text.StartsWith('@'):
                (attribute.Type, attribute.RefAttrName) = (Kind.Float, text[1..]);
                break;
            case string text:
                (attribute.Type, attribute.S) = (Kind.String, ByteString.CopyFromUtf8(text));
                break;
            case long[] numbers:
                attribute.Type = Kind.Ints;
                attribute.Ints.AddRange(numbers);
                break;
            case float[] numbers:
                attribute.Type = Kind.Floats;
                attribute.Floats.AddRange(numbers);
                break;
            case string[] texts:
                attribute.Type = Kind.Strings;
                attribute.Strings.AddRange(texts.Select(ByteString.CopyFromUtf8));
                break;
            case Tensor tensor:
                (attribute.Type, attribute.T) = (Kind.Tensor, Constant("", tensor));
                break;
            case GraphProto graph:
                (attribute.Type, attribute.G) = (Kind.Graph, graph);
                break;
            default:
                throw new ArgumentException(value.GetType().Name);
        }

        return attribute;
    }
}
