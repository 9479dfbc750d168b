using Google.Protobuf;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Models of one node.</summary>
internal static class OneNode
{
    /// <summary>A model of one node: inputs x0, x1, ... of floats, output y.</summary>
    public static byte[] Model(string op, int opset, long[][] sizes, params (string Name, object Value)[] attributes) =>
        Model(op, opset, sizes, [], attributes);

    /// <summary>The same with constants c0, c1, ... behind the inputs; null where none is given.</summary>
    public static byte[] Model(string op, int opset, long[][] sizes, Tensor?[] constants, params (string Name, object Value)[] attributes)
    {
        NodeProto node = new() { OpType = op, Output = { "y" } };
        GraphProto graph = new()
        {
            Name = op,
            Node = { node },
            Output = { new ValueInfoProto { Name = "y" } },
        };
        for (int i = 0; i < sizes.Length; i++)
        {
            node.Input.Add($"x{i}");
            TensorShapeProto shape = new();
            shape.Dim.AddRange(sizes[i].Select(d => new DimensionProto { DimValue = d }));
            graph.Input.Add(
                new ValueInfoProto
                {
                    Name = $"x{i}",
                    Type = new TypeProto
                    {
                        TensorType = new TensorTypeProto { ElemType = 1, Shape = shape },
                    },
                }
            );
        }

        for (int i = 0; i < constants.Length; i++)
        {
            node.Input.Add(constants[i] is null ? "" : $"c{i}");
            if (constants[i] is { } constant)
            {
                TensorProto tensor = new()
                {
                    Name = $"c{i}",
                    DataType = (int)constant.Type,
                    RawData = ByteString.CopyFrom(constant.Bytes),
                };
                tensor.Dims.AddRange(constant.Sizes);
                graph.Initializer.Add(tensor);
            }
        }

        foreach ((string name, object value) in attributes)
        {
            AttributeProto attribute = new() { Name = name };
            switch (value)
            {
                case long number:
                    (attribute.Type, attribute.I) = (AttributeProto.Types.Kind.Int, number);
                    break;
                case float number:
                    (attribute.Type, attribute.F) = (AttributeProto.Types.Kind.Float, number);
                    break;
                case string text:
                    (attribute.Type, attribute.S) = (AttributeProto.Types.Kind.String, ByteString.CopyFromUtf8(text));
                    break;
                case long[] numbers:
                    attribute.Type = AttributeProto.Types.Kind.Ints;
                    attribute.Ints.AddRange(numbers);
                    break;
            }

            node.Attribute.Add(attribute);
        }

        return new ModelProto
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Version = opset } },
        }.ToByteArray();
    }
}
