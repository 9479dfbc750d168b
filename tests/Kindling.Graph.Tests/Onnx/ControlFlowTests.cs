using Google.Protobuf;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Kindling.TestSupport;
using static Kindling.TestSupport.ModelText;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>If, Loop and Scan: written out where what decides is known, refused with what it depends on where not.</summary>
public sealed class ControlFlowTests
{
    private static readonly Tensor Yes = Tensor.Of<bool>([true]);

    // y = x0 + x1 where x0 has 2 rows, else x0 - x1; a branch sees the names around it
    private static ModelProto Branch(string x) =>
        Model(
            Graph(
                    $"x0: {x}; x1: f[3]",
                    "y",
                    Node("Shape", "x0", "s"),
                    Node("Gather", "s,zero", "rows"),
                    Node("Equal", "rows,two", "c"),
                    Node(
                        "If",
                        "c",
                        "y",
                        ("then_branch", Graph("", "r", Node("Add", "x0,x1", "r"))),
                        ("else_branch", Graph("", "r", Node("Sub", "x0,x1", "r")))
                    )
                )
                .With(("zero", Tensor.Scalar(0L)), ("two", Tensor.Scalar(2L)))
        );

    [TestCase("f[2,3]", "Add")]
    [TestCase("f[4,3]", "Sub")]
    public void Read_IfWithKnownCondition_HasTheBranchThatIsTaken(string x, string op)
    {
        Graph graph = ModelParity.Check(Branch(x));
        Assert.That(graph.Nodes.Select(n => n.OpType), Does.Contain(op).And.Not.Contains(op == "Add" ? "Sub" : "Add"));
    }

    [Test]
    public void Read_IfThatRunTimeDecides_IsRefusedWithWhatDecides()
    {
        Refused(
            Branch("f[n,3]"),
            "Model 'model': Node 3 without a name (If): which branch is taken must be known when the model is read, but 'c' depends on dimension 'n'; fix it."
        );
        ModelProto model = Model(
            Graph(
                "x: f[2]; c: b[]",
                "y",
                Node("Not", "c", "d"),
                Node(
                    "If",
                    "d",
                    "y",
                    ("then_branch", Graph("", "r", Node("Exp", "x", "r"))),
                    ("else_branch", Graph("", "r", Node("Neg", "x", "r")))
                )
            )
        );
        Refused(
            model,
            "Model 'model': Node 1 without a name (If): which branch is taken must be known when the model is read, but 'd' depends on input 'c'; fix it."
        );
        Graph graph = OnnxReader.Read(model.ToByteArray(), "model", new Dictionary<string, Tensor> { ["c"] = Yes });
        Assert.That(graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Not", "Neg" }));
        Assert.That(graph.Output("y").Shape.ToString(), Is.EqualTo("[2]"));
    }

    [Test]
    public void Read_DimensionsThatAreFixed_HaveTheirSize()
    {
        byte[] model = Branch("f[n,3]").ToByteArray();
        Graph graph = OnnxReader.Read(model, "model", fixedSizes: new Dictionary<string, long> { ["n"] = 2 });
        Assert.That(graph.Nodes[^1].OpType, Is.EqualTo("Add"));
        Assert.That(graph.Inputs[0].Shape.ToString(), Is.EqualTo("[2, 3]"));
        Assert.That(
            () => OnnxReader.Read(model, "model", fixedSizes: new Dictionary<string, long> { ["m"] = 2 }),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("Model 'model': it has no dimension 'm', which was given a size; its free dimensions are n.")
        );
    }

    // The pads that PyTorch writes for a padding of the last axis by (1, 2)
    [Test]
    public void Read_PadsThatAreComputed_AreKnown()
    {
        Graph graph = ModelParity.Check(
            Model(
                Graph(
                        "x: f[n,3,4]",
                        "y",
                        Node("ConstantOfShape", "four", "zeros", ("value", Tensor.Of<long>([0], 1))),
                        Node("Concat", "some,zeros", "all", ("axis", 0)),
                        Node("Reshape", "all,pairs", "two"),
                        Node("Slice", "two,last,first,zero,last", "turned"),
                        Node("Transpose", "turned", "columns", ("perm", new[] { 1L, 0 })),
                        Node("Reshape", "columns,last", "pads"),
                        Node("Pad", "x,pads", "y")
                    )
                    .With(
                        ("four", Tensor.Vector(4L)),
                        ("some", Tensor.Vector(1L, 2L)),
                        ("pairs", Tensor.Vector(-1L, 2L)),
                        ("last", Tensor.Vector(-1L)),
                        ("first", Tensor.Vector(-long.MaxValue)),
                        ("zero", Tensor.Vector(0L))
                    )
            )
        );
        Assert.That(graph.Output("y").Shape.ToString(), Is.EqualTo("[n, 3, 7]"));
    }

    // A branch gives a constant, a value from outside, or one value twice; what stands behind it still sees the elements.
    [Test]
    public void Read_BranchesThatComputeNothing_GiveWhatTheyName()
    {
        GraphProto then = Graph(
            "",
            "k; o; e; e",
            Node("Constant", "", "k", ("value", Tensor.Vector(3L, 2L))),
            Node("Identity", "x", "o"),
            Node("Exp", "x", "e")
        );
        Graph graph = OnnxReader.Read(
            Model(
                    Graph(
                            "x: f[2,3]",
                            "y; u; e0; e1",
                            Node("If", "yes", "shape,u,e0,e1", ("then_branch", then), ("else_branch", then)),
                            Node("Reshape", "x,shape", "y")
                        )
                        .With(("yes", Yes))
                )
                .ToByteArray()
        );
        Assert.That(graph.Output("y").Shape.ToString(), Is.EqualTo("[3, 2]"));
        Assert.That(graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Identity", "Exp", "Identity", "Reshape" }));
        Assert.That(graph.Outputs.Select(o => o.Name), Is.EqualTo(new[] { "y", "u", "e0", "e1" }));
    }

    [Test]
    public void Read_UnsupportedNodeInABranch_IsRefusedIfTheBranchIsTaken()
    {
        ModelProto model = Model(
            Graph(
                    "x: f[2]",
                    "y",
                    Node(
                        "If",
                        "yes",
                        "y",
                        ("then_branch", Graph("", "r", Node("Exp", "x", "r"))),
                        ("else_branch", Graph("", "r", Node("Fantasy", "x", "r")))
                    )
                )
                .With(("yes", Yes))
        );
        Assert.That(OnnxReader.Read(model.ToByteArray()).Nodes, Has.Count.EqualTo(1));
        model.Graph.Initializer[0].RawData = ByteString.CopyFrom(0);
        Refused(
            model,
            "Model 'model': Node 0 without a name (If), else_branch: 1 of 1 nodes are not supported: Node 0 without a name (Fantasy): operator ai.onnx.Fantasy."
        );
    }

    // state = state * x + round, which also comes out of every round
    private static ModelProto Rounds(string inputs, string trips, string condition, params NodeProto[] more) =>
        Model(
            Graph(
                    inputs,
                    "last; all",
                    Node(
                        "Loop",
                        $"{trips},{condition},start",
                        "last,all",
                        (
                            "body",
                            Graph(
                                "i: i[]; before: b[]; s: f[2,n]",
                                "after; next; each",
                                [
                                    Node("Mul", "s,x", "product"),
                                    Node("Cast", "i", "number", ("to", 1)),
                                    Node("Add", "product,number", "next"),
                                    Node("Identity", "next", "each"),
                                    Node("Less", "i,three", "less"),
                                    Node("And", "less,before", "after"),
                                    .. more,
                                ]
                            )
                        )
                    )
                )
                .With(
                    ("yes", Yes),
                    ("no", Tensor.Of<bool>([false])),
                    ("five", Tensor.Scalar(5L)),
                    ("one", Tensor.Scalar(1L)),
                    ("three", Tensor.Scalar(3L))
                )
        );

    private const string Data = "x: f[2,n]; start: f[2,n]";

    [TestCase("one", "", 1)]
    [TestCase("five", "", 4, Description = "the body ends it, as in ONNX Runtime")]
    [TestCase("", "yes", 4)]
    [TestCase("", "", 4)]
    [TestCase("five", "yes", 4)]
    [TestCase("one", "yes", 1)]
    public void Read_LoopOfKnownLength_IsWrittenOut(string trips, string condition, int rounds)
    {
        Graph graph = ModelParity.Check(Rounds(Data, trips, condition));
        Assert.That(graph.Output("all").Shape.ToString(), Is.EqualTo($"[{rounds}, 2, n]").Or.EqualTo($"[{rounds}, 2, n]"));
        Assert.That(graph.Nodes.Count(n => n.OpType == "Mul"), Is.EqualTo(rounds));
    }

    [Test]
    public void Read_LoopWithoutRounds_GivesItsStateOrIsRefused()
    {
        Refused(
            Rounds(Data, "five", "no"),
            "Model 'model': Node 0 without a name (Loop): it has no rounds, so the sizes of output 'all' are not known."
        );
        ModelProto model = Rounds(Data, "five", "no");
        model.Graph.Node[0].Output.RemoveAt(1);
        model.Graph.Node[0].Attribute[0].G.Output.RemoveAt(2);
        model.Graph.Output.RemoveAt(1);
        Assert.That(ModelParity.Check(model).Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Identity" }));
    }

    [Test]
    public void Read_LoopThatCanNotBeWrittenOut_IsRefusedWithItsReason()
    {
        Refused(
            Rounds($"{Data}; trips: i[]", "trips", ""),
            "Model 'model': Node 0 without a name (Loop): the number of its rounds must be known when the model is read, but 'trips' depends on input 'trips'; fix it."
        );
        Refused(
            Rounds($"{Data}; go: b[]", "", "go"),
            "Model 'model': Node 0 without a name (Loop): whether it begins must be known when the model is read, but 'go' depends on input 'go'; fix it."
        );
        ModelProto endless = Rounds(Data, "", "yes");
        endless.Graph.Node[0].Attribute[0].G.Node[5].OpType = "Or";
        Refused(endless, "Model 'model': Node 0 without a name (Loop): it has more than 4096 rounds.");
        ModelProto data = Rounds(Data, "", "yes");
        data.Graph.Node[0].Attribute[0].G.Node.Add(Node("ReduceMax", "x", "largest", ("keepdims", 0)));
        data.Graph.Node[0].Attribute[0].G.Node.Add(Node("Greater", "largest,largest", "data"));
        data.Graph.Node[0].Attribute[0].G.Output[0].Name = "data";
        Refused(
            data,
            "Model 'model': Node 0 without a name (Loop), round 0: whether it goes on must be known when the model is read, but 'greater.out' depends on input 'x'; fix it."
        );
    }

    // 4096 rounds of a loop within a loop
    [Test]
    public void Read_LoopsThatMultiply_AreRefused()
    {
        ModelProto model = Rounds(Data, "many", "");
        model.Graph.With(("many", Tensor.Scalar(4096L)));
        GraphProto body = model.Graph.Node[0].Attribute[0].G;
        NodeProto inner = model.Graph.Node[0].Clone();
        inner.Input[2] = "s";
        inner.Output.Clear();
        inner.Output.Add("next");
        inner.Attribute[0].G.Output.RemoveAt(2);
        inner.Attribute[0].G.Node[5].OpType = "Or";
        body.Node.Clear();
        body.Node.Add(inner);
        body.Node.Add(Node("Identity", "before", "after"));
        body.Output.RemoveAt(2);
        model.Graph.Node[0].Output.RemoveAt(1);
        model.Graph.Output.RemoveAt(1);
        Assert.That(
            () => OnnxReader.Read(model.ToByteArray()),
            Throws.TypeOf<GraphException>().With.Message.EndsWith("written out, the model has more than 131072 nodes.")
        );
    }

    // 4096 rounds of 4096 rounds of nothing
    [Test]
    public void Read_LoopsOfNothing_AreRefused()
    {
        GraphProto body = Graph("i: i[]; go: b[]; s: f[2]", "go; s");
        for (int i = 0; i < 2; i++)
        {
            body = Graph("i: i[]; go: b[]; s: f[2]", "go; next", Node("Loop", "many,,s", "next", ("body", body)));
        }

        ModelProto model = Model(Graph("x: f[2]", "y", Node("Loop", "many,,x", "y", ("body", body))).With(("many", Tensor.Scalar(4096L))));
        Assert.That(
            () => OnnxReader.Read(model.ToByteArray()),
            Throws.TypeOf<GraphException>().With.Message.EndsWith("written out, the model has more than 4194304 names and numbers.")
        );
    }

    [Test]
    public void Read_FlippedBits_ReadsOrRefuses([Values(1, 2)] int seed)
    {
        byte[][] models = [Rounds(Data, "five", "yes").ToByteArray(), Branch("f[2,3]").ToByteArray()];
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] bytes = [.. models[round % 2]];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                _ = OnnxReader.Read(bytes, "flipped.onnx");
            }
            catch (GraphException e)
            {
                refused++;
                Assert.That(e.Message, Does.StartWith("Model 'flipped.onnx'"), $"round {round}");
            }
        }

        Assert.That(refused, Is.InRange(250, 999));
    }

    // running sums over the second axis, one of them backwards; the state sees both
    [TestCase(0L, 0L)]
    [TestCase(0L, 1L)]
    [TestCase(1L, 0L)]
    [TestCase(1L, 1L)]
    public void Read_Scan_IsWrittenOut(long direction, long outputDirection)
    {
        GraphProto body = Graph(
            "s: f[3]; a: f[3]; b: f[3]",
            "next; each",
            Node("Mul", "a,b", "p"),
            Node("Add", "s,p", "next"),
            Node("Mul", "next,k", "each")
        );
        ModelProto model = Model(
            Graph(
                "start: f[3]; x: f[3,4]; z: f[4,3]; k: f[3]",
                "last; all",
                Node(
                    "Scan",
                    "start,x,z",
                    "last,all",
                    ("body", body),
                    ("num_scan_inputs", 2),
                    ("scan_input_axes", new[] { 1L, 0 }),
                    ("scan_input_directions", new[] { direction, 0 }),
                    ("scan_output_axes", new[] { -1L }),
                    ("scan_output_directions", new[] { outputDirection })
                )
            )
        );
        Assert.That(ModelParity.Check(model).Output("all").Shape.ToString(), Is.EqualTo("[3, 4]"));
        model.Graph.Input[1].Type.TensorType.Shape.Dim[1] = new DimensionProto { DimParam = "T" };
        Refused(
            model,
            "Model 'model': Node 0 without a name (Scan): the length of its sequences must be known, because it is written out: dimension 'T' (axis 1 of 'x', [3, T]) must be fixed."
        );
    }

    private static void Refused(ModelProto model, string message) =>
        Assert.That(() => OnnxReader.Read(model.ToByteArray()), Throws.TypeOf<GraphException>().With.Message.EqualTo(message));
}
