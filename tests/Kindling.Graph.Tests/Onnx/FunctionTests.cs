using Google.Protobuf;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using static Kindling.TestSupport.ModelText;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Functions that a model brings, written out where they are called.</summary>
public sealed class FunctionTests
{
    // leaky(x) = x or slope x; twice(x, bias) = leaky(leaky(x) + bias), the inner one with another slope
    private static ModelProto Sample()
    {
        FunctionProto leaky = Function("leaky", "x", "y", ["slope"], Node("LeakyRelu", "x", "y", ("alpha", "@slope")));
        leaky.AttributeProto.Add(
            new AttributeProto
            {
                Name = "weight",
                F = 2,
                Type = AttributeProto.Types.Kind.Float,
            }
        );
        leaky.Node.Insert(0, Node("Constant", "", "w", ("value_float", "@weight")));
        leaky.Node[1].Output[0] = "r";
        leaky.Node.Add(Node("Mul", "r,w", "y"));
        FunctionProto twice = Function(
            "twice",
            "x,bias",
            "y",
            ["slope"],
            Node("my:leaky", "x", "a", ("slope", "@slope")),
            Node("Add", "a,bias", "r"),
            Node("my:leaky", "r", "y", ("slope", 0.7f), ("weight", 0.5f))
        );
        ModelProto model = Model(
            Graph("x: f[2,n]; b: f[1]", "y; z", Node("my:twice", "x,b", "y", ("slope", 0.2f)), Node("my:leaky", "y", "z"))
        );
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "my", Version = 1 });
        model.Functions.AddRange([leaky, twice]);
        return model;
    }

    private static FunctionProto Function(string name, string inputs, string outputs, string[] attributes, params NodeProto[] nodes)
    {
        FunctionProto function = new() { Name = name, Domain = "my" };
        function.Input.AddRange(inputs.Split(','));
        function.Output.AddRange(outputs.Split(','));
        function.Attribute.AddRange(attributes);
        function.Node.AddRange(nodes);
        function.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "my", Version = 1 });
        return function;
    }

    [Test]
    public void Read_Functions_AreWrittenOut()
    {
        Graph graph = ModelParity.Check(Sample());
        Assert.That(
            graph.Nodes.Select(n => n.OpType),
            Is.EqualTo(new[] { "LeakyRelu", "Mul", "Add", "LeakyRelu", "Mul", "LeakyRelu", "Mul" })
        );
        Assert.That(
            graph.Nodes.Where(n => n.OpType == "LeakyRelu").Select(n => n.Attributes.Float("alpha", 0.01f)),
            Is.EqualTo(new[] { 0.2f, 0.7f, 0.01f })
        );
    }

    // The body of a node within a function sees the function's names and attributes.
    [Test]
    public void Read_ControlFlowInAFunction_IsWrittenOut()
    {
        ModelProto model = Sample();
        model.Functions[0].Node[1] = Node(
            "If",
            "yes",
            "r",
            ("then_branch", Graph("", "t", Node("LeakyRelu", "x", "t", ("alpha", "@slope")))),
            ("else_branch", Graph("", "t", Node("Neg", "x", "t")))
        );
        model.Functions[0].Node.Insert(0, Node("Constant", "", "yes", ("value", Tensor.Of<bool>([true]))));
        Graph graph = ModelParity.Check(model);
        Assert.That(graph.Nodes.Count(n => n.OpType == "LeakyRelu"), Is.EqualTo(3));
    }

    // A weight can be found by the name that the file gives it, whatever body it stands in and however often that is written out.
    [Test]
    public void Read_WeightsOfFunctionsAndBranches_KeepTheirNames()
    {
        ModelProto model = Sample();
        model.Functions[0].Node.Insert(0, Node("Constant", "", "weight", ("value", Tensor.Vector(2f))));
        model.Functions[0].Node.Insert(0, Node("Constant", "", "scale", ("value", Tensor.Of<float>([2, 3], 2, 1))));
        model.Functions[0].Node.Add(Node("Mul", "y,scale", "scaled"));
        model.Functions[0].Output[0] = "scaled";
        Assert.That(ModelParity.Check(model).Constants.Select(c => c.Name), Does.Contain("scale").And.Not.Contains("weight"));
    }

    [Test]
    public void Read_InputThatIsLeftOut_IsAbsentWithin()
    {
        ModelProto model = Sample();
        model.Functions[0].Node.Add(Node("Clip", "y,,high", "clipped"));
        model.Functions[0].Output[0] = "clipped";
        model.Functions[0].Input.AddRange(["low", "high"]);
        Graph graph = ModelParity.Check(model);
        Assert.That(graph.Nodes.Where(n => n.OpType == "Clip").Select(n => n.Input(2)), Is.All.Null);
    }

    [Test]
    public void Read_FunctionsThatCanNotBeWrittenOut_AreRefusedWithTheirReason()
    {
        Refused(
            m => m.Functions[0].Node[1].OpType = "Fantasy",
            "2 of 2 nodes are not supported: Node 0 without a name (twice): operator ai.onnx.Fantasy in function 'my.leaky' in function 'my.twice'; "
        );
        Refused(m => m.Functions[0].Node[1] = Node("my:twice", "x,x", "r"), "Model 'model': function 'my.twice' calls itself.");
        Refused(m => m.Functions.Add(m.Functions[0].Clone()), "Model 'model': it has two functions 'my.leaky'.");
        Refused(m => m.Functions[0].OpsetImport[0].Version = 30, "op set 30 of function 'my.leaky', supported are 1 to 22");
        Refused(
            m => m.Graph.Node[1].Input.AddRange(["x", "x"]),
            "Model 'model': Node 1 without a name (leaky): the function has 1 inputs, 3 are given."
        );
        Refused(
            m => m.Functions[0].Node[2].Input[1] = "b",
            "Model 'model': Node 0 without a name (twice), Node 0 without a name (leaky), Node 2 without a name (Mul): its input 'b' is not computed before it."
        );
        Refused(
            m =>
            {
                m.Functions[0].AttributeProto.Clear();
                m.Functions[0].Attribute.Add("weight");
            },
            "Model 'model': Node 0 without a name (twice), Node 0 without a name (leaky): attribute 'weight' of the function is missing."
        );
    }

    [Test]
    public void Read_FlippedBits_ReadsOrRefuses([Values(1, 2)] int seed)
    {
        byte[] model = Sample().ToByteArray();
        Random random = new(seed);
        int refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] bytes = [.. model];
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

    // 40 functions, each of which calls the next one twice
    [Test]
    public void Read_FunctionsThatMultiply_AreRefused()
    {
        ModelProto model = Sample();
        for (int i = 0; i < 40; i++)
        {
            string next = i == 39 ? "leaky" : $"f{i + 1}";
            model.Functions.Add(Function($"f{i}", "x", "y", [], Node($"my:{next}", "x", "a"), Node($"my:{next}", "a", "y")));
        }

        model.Graph.Node.Add(Node("my:f0", "x", "w"));
        Assert.That(
            () => OnnxReader.Read(model.ToByteArray()),
            Throws.TypeOf<GraphException>().With.Message.Contains("written out, the model has more than ")
        );
    }

    [Test]
    public void Operators_OfFunctions_AreTakenApart()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            File.WriteAllBytes(path, Sample().ToByteArray());
            Assert.That(
                OnnxReader.Operators(path).Select(o => (o.Domain, o.OpType, o.IsTakenApart, o.Fault)),
                Is.EqualTo(new[] { ("my", "twice", true, (string?)null), ("my", "leaky", true, null) })
            );
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Refused(Action<ModelProto> damage, string message)
    {
        ModelProto model = Sample();
        damage(model);
        Assert.That(() => OnnxReader.Read(model.ToByteArray()), Throws.TypeOf<GraphException>().With.Message.Contains(message));
    }
}
