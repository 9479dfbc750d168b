using Google.Protobuf;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;
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

    /// <summary>The same with two inputs of the node exchanged.</summary>
    public static byte[] Exchanged(byte[] model, int one, int other)
    {
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        NodeProto node = proto.Graph.Node[0];
        (node.Input[one], node.Input[other]) = (node.Input[other], node.Input[one]);
        return proto.ToByteArray();
    }

    /// <summary>
    /// Asserts that a model of floats x0, x1, ... gives on both engines, once it is read, what ONNX Runtime makes of it as it is. Without
    /// <paramref name="keepsConstants"/>, what is read has its constants c0, c1, ... as inputs.
    /// </summary>
    public static void EqualsOnnxRuntime(byte[] model, long[][] sizes, bool keepsConstants = true)
    {
        Random random = new(5);
        Tensor[] inputs =
        [
            .. sizes.Select(s =>
                Tensor.Of<float>(
                    [.. Enumerable.Range(0, (int)s.Aggregate(1L, (a, b) => a * b)).Select(_ => (random.NextSingle() * 3) - 1.5f)],
                    s
                )
            ),
        ];
        Tensor expected = NodeRunner.OnOnnxRuntime(model, [.. sizes.Select((_, i) => $"x{i}")], ["y"], inputs)[0];
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        if (!keepsConstants)
        {
            foreach (TensorProto tensor in proto.Graph.Initializer)
            {
                inputs = [.. inputs, new Tensor((ElementType)tensor.DataType, tensor.Dims, tensor.RawData.ToByteArray())];
                proto.Graph.Input.Add(Declared(tensor.Name, tensor.DataType, tensor.Dims));
            }

            proto.Graph.Initializer.Clear();
        }

        Graph graph = OnnxReader.Read(proto.ToByteArray());
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor got = NodeRunner.Run(graph, engine, inputs)[0];
            Assert.That(got.Sizes, Is.EqualTo(expected.Sizes));
            Assert.That(got.AsSpan<float>().ToArray(), Is.EqualTo(expected.AsSpan<float>().ToArray()).Within(2e-5f), engine.ToString());
        }
    }

    /// <summary>Asserts that a graph gives the same on both engines, bit for bit.</summary>
    public static void EqualOnBothEngines(Graph graph, params Tensor[] inputs)
    {
        Tensor[] torch = NodeRunner.Run(graph, NodeEngine.Torch, inputs);
        Tensor[] ort = NodeRunner.Run(graph, NodeEngine.OnnxRuntime, inputs);
        Assert.That(torch.Select(t => t.Bytes), Is.EqualTo(ort.Select(t => t.Bytes)));
    }

    private static ValueInfoProto Declared(string name, int type, IEnumerable<long> sizes)
    {
        TensorShapeProto shape = new();
        shape.Dim.AddRange(sizes.Select(d => new DimensionProto { DimValue = d }));
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TensorTypeProto { ElemType = type, Shape = shape },
            },
        };
    }
}
