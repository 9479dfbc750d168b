using Google.Protobuf;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>Writes a graph as an ONNX model: op set 17, IR version 8, constants as raw data. The same graph gives the same bytes.</summary>
public static class OnnxWriter
{
    /// <summary>IR version of everything written: the oldest that op set 17 allows, accepted by every runtime that Kindling targets.</summary>
    public const int IrVersion = 8;

    /// <summary>The model's bytes.</summary>
    public static byte[] ToBytes(Graph graph) => Model(graph).ToByteArray();

    /// <summary>
    /// The model's bytes and where the contents of each constant stand in them, so that weights can be replaced without reading the format.
    /// </summary>
    public static (byte[] Bytes, IReadOnlyDictionary<string, (long Offset, long Length)> Constants) ToBytesWithOffsets(Graph graph)
    {
        byte[] bytes = ToBytes(graph);
        return (bytes, RawDataOffsets.Find(bytes));
    }

    /// <summary>Writes the model to a stream.</summary>
    public static void Write(Graph graph, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Model(graph).WriteTo(stream);
    }

    /// <summary>Writes the model to a file: first under a temporary name beside it, then renamed, so that no half-written model is ever seen.</summary>
    public static void Write(Graph graph, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = path + ".partial";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
        {
            Write(graph, stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    internal static ModelProto Model(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        GraphProto result = new() { Name = graph.Name };
        result.Input.AddRange(graph.Inputs.Select(Info));
        result.Output.AddRange(graph.Outputs.Select(Info));
        result.Initializer.AddRange(graph.Constants.Select(c => Tensor(c.Constant!, c.Name)));
        result.Node.AddRange(graph.Nodes.Select(Node));
        return new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "kindling",
            Graph = result,
            OpsetImport =
            {
                new OperatorSetIdProto { Domain = "", Version = Graph.OpsetVersion },
            },
        };
    }

    private static NodeProto Node(Node node)
    {
        NodeProto result = new()
        {
            Name = node.Name,
            OpType = node.OpType,
            Domain = node.Domain,
        };
        result.Input.AddRange(node.Inputs.Select(v => v?.Name ?? ""));
        result.Output.AddRange(node.Outputs.Select(v => v?.Name ?? ""));
        result.Attribute.AddRange(node.Attributes.All.Select(a => Attribute(a.Key, a.Value)));
        return result;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        AttributeProto result = new() { Name = name };
        switch (value)
        {
            case long number:
                result.I = number;
                result.Type = AttributeProto.Types.Kind.Int;
                break;
            case float number:
                result.F = number;
                result.Type = AttributeProto.Types.Kind.Float;
                break;
            case string text:
                result.S = ByteString.CopyFromUtf8(text);
                result.Type = AttributeProto.Types.Kind.String;
                break;
            case long[] numbers:
                result.Ints.AddRange(numbers);
                result.Type = AttributeProto.Types.Kind.Ints;
                break;
            case float[] numbers:
                result.Floats.AddRange(numbers);
                result.Type = AttributeProto.Types.Kind.Floats;
                break;
            case string[] texts:
                result.Strings.AddRange(texts.Select(ByteString.CopyFromUtf8));
                result.Type = AttributeProto.Types.Kind.Strings;
                break;
            case Tensor tensor:
                result.T = Tensor(tensor, "");
                result.Type = AttributeProto.Types.Kind.Tensor;
                break;
            default:
                throw new GraphException($"Attribute '{name}': a {value.GetType().Name} can not be written.");
        }

        return result;
    }

    internal static TensorProto Tensor(Tensor tensor, string name)
    {
        TensorProto result = new()
        {
            Name = name,
            DataType = (int)tensor.Type,
            RawData = ByteString.CopyFrom(tensor.Bytes),
        };
        result.Dims.AddRange(tensor.Sizes);
        return result;
    }

    internal static ValueInfoProto Info(Value value)
    {
        TensorShapeProto shape = new();
        shape.Dim.AddRange(
            value.Shape.Select(d => d.IsKnown ? new DimensionProto { DimValue = d.Size } : new DimensionProto { DimParam = d.Symbol })
        );
        return new ValueInfoProto
        {
            Name = value.Name,
            Type = new TypeProto
            {
                TensorType = new TensorTypeProto { ElemType = (int)value.Type, Shape = shape },
            },
        };
    }
}
