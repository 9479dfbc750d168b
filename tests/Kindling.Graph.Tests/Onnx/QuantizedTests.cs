using System.Text.RegularExpressions;
using Google.Protobuf;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Quantised models, read in floats: they give what ONNX Runtime makes of the original.</summary>
public sealed class QuantizedTests
{
    private static readonly (string Name, Tensor Value)[] Constants =
    [
        ("s", Tensor.Scalar(0.02f)),
        ("z", Tensor.Of<byte>([100])),
        ("sy", Tensor.Scalar(0.05f)),
        ("zy", Tensor.Of<byte>([128])),
        ("w", Tensor.Of<sbyte>([10, -20, 127, 4, -128, 60, 7, 0, -3, 90, -77, 31], 4, 3)),
        ("ws", Tensor.Vector(0.01f, 0.02f, 0.005f)),
        ("wz", Tensor.Of<sbyte>([0, 0, 0], 3)),
        ("one", Tensor.Scalar(0.01f)),
        ("zero", Tensor.Of<sbyte>([0])),
        ("k", Tensor.Of<sbyte>([10, -20, 127, 4], 1, 1, 4)),
        ("shape", Tensor.Vector(3L, 1, 4)),
    ];

    [TestCase("DequantizeLinear(w, ws, wz):wf MatMul(x, wf):y")]
    [TestCase("QuantizeLinear(x, s, z):q DequantizeLinear(q, s, z):y")]
    [TestCase(
        "QuantizeLinear(x, s, z):q DequantizeLinear(q, s, z):f DequantizeLinear(w, ws, wz):wf MatMul(f, wf):m QuantizeLinear(m, sy, zy):mq DequantizeLinear(mq, sy, zy):y"
    )]
    [TestCase("QuantizeLinear(x, s, z):q QLinearMatMul(q, s, z, w, one, zero, sy, zy):m DequantizeLinear(m, sy, zy):y")]
    [TestCase("QuantizeLinear(x, s, z):q MatMulInteger(q, w, z):m Cast(m):y")]
    [TestCase("QuantizeLinear(x, s, z):q Reshape(q, shape):r QLinearConv(r, s, z, k, one, zero, sy, zy):c DequantizeLinear(c, sy, zy):y")]
    public void Read_QuantizedModel_GivesWhatTheOriginalGives(string nodes)
    {
        byte[] model = Model(nodes);
        Tensor x = Tensor.Of<float>([.. Enumerable.Range(0, 12).Select(i => MathF.Sin(1.3f * i) * 2.3f)], 3, 4);
        Tensor expected = Original(model, x);

        Graph graph = OnnxReader.Read(model);

        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Assert.That(
                NodeRunner.Run(graph, engine, [x])[0].AsSpan<float>().ToArray(),
                Is.EqualTo(expected.AsSpan<float>().ToArray()).Within(1e-5),
                engine.ToString()
            );
        }
    }

    [Test]
    public void Read_WeightOfEightBits_BecomesAConstantOfFloats()
    {
        Graph graph = OnnxReader.Read(Model("DequantizeLinear(w, ws, wz):wf MatMul(x, wf):y"));

        Tensor weight = graph["w.float"].Constant!;
        Assert.That(weight.Sizes, Is.EqualTo(new long[] { 4, 3 }));
        Assert.That(weight.AsSpan<float>().ToArray().Take(4), Is.EqualTo(new[] { 0.1f, -0.4f, 0.635f, 0.04f }).Within(1e-6f));
        Assert.That(graph.Nodes.Select(n => n.OpType), Does.Contain("MatMul").And.Not.Contain("Cast").And.Not.Contain("Mul"));
    }

    // Ranges of the batch at hand are left out, so only the rounding is missing: half a level of each of four factors.
    [Test]
    public void Read_DynamicRange_IsNotRounded()
    {
        byte[] model = Model("DynamicQuantizeLinear(x):q,qs,qz MatMulInteger(q, w, qz):m Cast(m):f Mul(qs, one):factor Mul(f, factor):y");
        Tensor x = Tensor.Of<float>([.. Enumerable.Range(0, 12).Select(i => MathF.Sin(1.3f * i))], 3, 4);
        float[] expected = Original(model, x).AsSpan<float>().ToArray();

        float[] got = NodeRunner.Run(OnnxReader.Read(model), NodeEngine.Torch, [x])[0].AsSpan<float>().ToArray();

        Assert.That(got, Is.EqualTo(expected).Within(4 * 0.5 * (2.0 / 255) * 1.28));
    }

    // Node by node: where it fuses, ONNX Runtime quantises more than the model says.
    private static Tensor Original(byte[] model, Tensor x)
    {
        using SessionOptions options = new() { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL };
        using InferenceSession session = new(model, options);
        return NodeRunner.Run(session, ["x"], ["y"], [x])[0];
    }

    // "Op(a, b):c,d Op(...):e": x is the input, y the output
    private static byte[] Model(string nodes)
    {
        GraphProto graph = new() { Name = "quantised" };
        foreach (Match match in Regex.Matches(nodes, @"(\w+)\(([^)]*)\):([\w,]+)"))
        {
            NodeProto node = new() { OpType = match.Groups[1].Value };
            node.Input.AddRange(match.Groups[2].Value.Split(", "));
            node.Output.AddRange(match.Groups[3].Value.Split(','));
            if (node.OpType == "Cast")
            {
                node.Attribute.Add(
                    new AttributeProto
                    {
                        Name = "to",
                        Type = AttributeProto.Types.Kind.Int,
                        I = 1,
                    }
                );
            }

            graph.Node.Add(node);
        }

        foreach ((string name, Tensor value) in Constants.Where(c => graph.Node.Any(n => n.Input.Contains(c.Name))))
        {
            TensorProto tensor = new()
            {
                Name = name,
                DataType = (int)value.Type,
                RawData = ByteString.CopyFrom(value.Bytes),
            };
            tensor.Dims.AddRange(value.Sizes);
            graph.Initializer.Add(tensor);
        }

        TensorShapeProto shape = new()
        {
            Dim =
            {
                new DimensionProto { DimValue = 3 },
                new DimensionProto { DimValue = 4 },
            },
        };
        graph.Input.Add(
            new ValueInfoProto
            {
                Name = "x",
                Type = new TypeProto
                {
                    TensorType = new TensorTypeProto { ElemType = 1, Shape = shape },
                },
            }
        );
        graph.Output.Add(new ValueInfoProto { Name = "y" });
        return new ModelProto
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
        }.ToByteArray();
    }
}
