using Google.Protobuf;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Operators that are read as others, on sizes and attributes that ONNX's own tests leave out: what is written gives what ONNX Runtime makes of the original.</summary>
public sealed class DecompositionTests
{
    private static IEnumerable<TestCaseData> Rows()
    {
        yield return Row(
            "LpNormalization",
            [
                [2, 3, 4],
            ]
        );
        yield return Row(
            "LpNormalization",
            [
                [2, 3, 4],
            ],
            ("p", 1L),
            ("axis", 1L)
        );
        yield return Row(
            "LpPool",
            [
                [2, 3, 6, 5],
            ],
            ("kernel_shape", new[] { 2L, 3L })
        );
        yield return Row(
            "LpPool",
            [
                [2, 3, 6, 5],
            ],
            ("kernel_shape", new[] { 3L, 3L }),
            ("strides", new[] { 2L, 2L }),
            ("pads", new[] { 1L, 0L, 1L, 0L }),
            ("p", 3L)
        );
        yield return Row(
            "LpPool",
            [
                [1, 2, 7],
            ],
            ("kernel_shape", new[] { 2L }),
            ("p", 1L)
        );
        yield return Row(
            "GlobalLpPool",
            [
                [2, 3, 4, 2],
            ]
        );
        yield return Row(
            "GlobalLpPool",
            [
                [2, 3, 5],
            ],
            ("p", 1L)
        );
        yield return Row(
            "InstanceNormalization",
            [
                [2, 3, 4, 2],
                [3],
                [3],
            ],
            ("epsilon", 0.1f)
        );
        yield return Row(
            "BatchNormalization",
            [
                [4, 3],
                [3],
                [3],
                [3],
                [3],
            ]
        );
        yield return Row(
            "BatchNormalization",
            [
                [2, 3, 5],
                [3],
                [3],
                [3],
                [3],
            ],
            ("epsilon", 0.1f)
        );
        yield return Row(
            "LRN",
            [
                [2, 5, 3, 3],
            ],
            ("size", 3L),
            ("alpha", 0.5f),
            ("beta", 0.6f),
            ("bias", 2f)
        );
        yield return Row(
            "MeanVarianceNormalization",
            [
                [2, 3, 4, 2],
            ],
            ("axes", new[] { 1L, 2L })
        );
        yield return Row(
            "DepthToSpace",
            [
                [2, 8, 3, 2],
            ],
            ("blocksize", 2L)
        );
        yield return Row(
            "DepthToSpace",
            [
                [2, 8, 3, 2],
            ],
            ("blocksize", 2L),
            ("mode", "CRD")
        );
        yield return Row(
            "SpaceToDepth",
            [
                [2, 3, 4, 6],
            ],
            ("blocksize", 2L)
        );
        yield return Row(
            "Dropout",
            [
                [2, 3],
            ]
        );
        yield return Row(
            "Selu",
            [
                [2, 3],
            ],
            ("alpha", 0.5f),
            ("gamma", 2f)
        );
        yield return Row(
            "PRelu",
            [
                [2, 3, 4],
                [3, 1],
            ]
        );
        yield return Row(
            "Softsign",
            [
                [2, 3],
            ]
        );
        yield return Row(
            "HardSigmoid",
            [
                [2, 3],
            ],
            ("alpha", 0.6f),
            ("beta", 0.3f)
        );
        yield return Row(
            "Cosh",
            [
                [2, 3],
            ]
        );
        yield return Row(
            "Atan",
            [
                [2, 3],
            ]
        );
        yield return Row(
            "Sign",
            [
                [2, 3],
            ]
        );
        yield return Row(
            "LessOrEqual",
            [
                [2, 3],
                [3],
            ]
        );
        yield return Row(
            "Mod",
            [
                [2, 3],
                [3],
            ],
            ("fmod", 1L)
        );
        yield return Row(
            "ReduceProd",
            [
                [2, 3, 4],
            ],
            ("axes", new[] { 0L, 2L })
        );

        yield return Row(
            "ConvTranspose",
            [
                [2, 2, 3, 4],
                [2, 3, 3, 2],
                [3],
            ],
            ("strides", new[] { 2L, 2L }),
            ("output_shape", new[] { 5L, 9L })
        );
        yield return Row(
            "ConvTranspose",
            [
                [2, 2, 3, 4],
                [2, 3, 3, 2],
                [3],
            ],
            ("strides", new[] { 2L, 1L }),
            ("auto_pad", "SAME_LOWER"),
            ("output_shape", new[] { 4L, 4L })
        );
        foreach (string rule in new[] { "SAME_UPPER", "SAME_LOWER", "VALID" })
        {
            yield return Row(
                "ConvTranspose",
                [
                    [2, 2, 5],
                    [2, 3, 4],
                ],
                ("strides", new[] { 2L }),
                ("dilations", new[] { 2L }),
                ("auto_pad", rule)
            );
        }

        static TestCaseData Row(string op, long[][] sizes, params (string, object)[] attributes) =>
            new TestCaseData(op, sizes, attributes).SetArgDisplayNames(
                op,
                string.Join(' ', sizes.Select(s => string.Join('x', s))),
                string.Join(' ', attributes.Select(a => a.Item1))
            );
    }

    [TestCaseSource(nameof(Rows))]
    public void Read_Operator_ComputesWhatOnnxRuntimeDoes(string op, long[][] sizes, (string Name, object Value)[] attributes)
    {
        byte[] model = OneNode.Model(op, 17, sizes, attributes);
        Random random = new(3);
        Tensor[] inputs =
        [
            .. sizes.Select(s =>
                Tensor.Of<float>(
                    [
                        .. Enumerable
                            .Range(0, (int)s.Aggregate(1L, (a, b) => a * b))
                            .Select(_ => random.NextSingle() + (sizes.Length > 1 ? 0.2f : -0.5f)),
                    ],
                    s
                )
            ),
        ];
        Tensor[] expected = NodeRunner.OnOnnxRuntime(model, [.. sizes.Select((_, i) => $"x{i}")], ["y"], inputs);
        Graph graph = OnnxReader.Read(model);
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor[] got = NodeRunner.Run(graph, engine, inputs);
            Assert.That(NodeRunner.Difference(got[0], expected[0], "y"), Is.Null, engine.ToString());
        }
    }

    [Test]
    public void Read_Dropout_PassesAnotherNodesOutputOnUnderItsOwnName()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(
            OneNode.Model(
                "Dropout",
                13,
                [
                    [2, 3],
                ]
            )
        );
        model.Graph.Node.Insert(
            0,
            new NodeProto
            {
                OpType = "Exp",
                Input = { "x0" },
                Output = { "e" },
            }
        );
        model.Graph.Node[1].Input[0] = "e";
        model.Graph.Output.Add(new ValueInfoProto { Name = "e" });
        Assert.That(OnnxReader.Read(model.ToByteArray()).Outputs.Select(v => v.Name), Is.EqualTo(new[] { "y", "e" }));
    }

    [Test]
    public void Read_InputsThatAreFixed_AreConstants()
    {
        byte[] model = OneNode.Model(
            "Add",
            17,
            [
                [2],
                [2],
            ]
        );
        Graph graph = OnnxReader.Read(model, "model", Given("x1", Tensor.Vector(1f, 2f)));
        Assert.That(graph.Inputs.Select(v => v.Name), Is.EqualTo(new[] { "x0" }));
        Assert.That(
            () => OnnxReader.Read(model, "model", Given("x1", Tensor.Vector(1f, 2f, 3f))),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("Model 'model': Input 'x1': it is Float [2], a value of Float [3] was given.")
        );
        Assert.That(
            () => OnnxReader.Read(model, "model", Given("x2", Tensor.Vector(1f, 2f))),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("Model 'model': it has no input 'x2', which was given a value; its inputs are x0, x1.")
        );

        static Dictionary<string, Tensor> Given(string name, Tensor value) => new() { [name] = value };
    }
}
