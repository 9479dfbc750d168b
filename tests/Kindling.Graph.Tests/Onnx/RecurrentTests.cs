using Google.Protobuf;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Kindling.TestSupport;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>LSTM, GRU and RNN in every form: what is unrolled gives what ONNX Runtime makes of the original.</summary>
public sealed class RecurrentTests
{
    private const int Hidden = 4;
    private const int Steps = 5;

    private static IEnumerable<TestCaseData> Rows()
    {
        foreach (string op in new[] { "LSTM", "GRU", "RNN" })
        {
            foreach (string direction in new[] { "forward", "reverse", "bidirectional" })
            {
                yield return Row(op, direction, "");
                yield return Row(op, direction, "B");
                yield return Row(op, direction, "B,h");
                yield return Row(op, direction, "B,lens,h");
                yield return Row(op, direction, "lens");
                yield return Row(op, direction, "B,h", ("clip", 0.3f));
            }

            // An activation for each function of the cell; the numbers go to those that take some, in order.
            string[] names =
                op == "LSTM" ? ["HardSigmoid", "Affine", "ScaledTanh"]
                : op == "GRU" ? ["HardSigmoid", "ScaledTanh"]
                : ["Affine"];
            yield return Row(
                op,
                "forward",
                "B,h",
                ("activations", names),
                ("activation_alpha", new[] { 0.3f, 0.7f, 0.9f }[..names.Length]),
                ("activation_beta", new[] { 0.4f, 0.1f, 0.8f }[..names.Length])
            );
            foreach (string name in new[] { "Relu", "Softsign", "Softplus", "Elu", "LeakyRelu", "HardSigmoid" })
            {
                string[] all =
                    op == "LSTM" ? ["Sigmoid", name, "Tanh", "Sigmoid", "Tanh", name]
                    : op == "GRU" ? ["Sigmoid", name, name, "Tanh"]
                    : [name, "Tanh"];
                yield return Row(op, "bidirectional", "B,h", ("activations", all));
            }
        }

        yield return Row(
            "RNN",
            "bidirectional",
            "B,h",
            ("activations", new[] { "ThresholdedRelu", "LeakyRelu" }),
            ("activation_alpha", new[] { 0.4f, 0.2f })
        );
        foreach (string direction in new[] { "forward", "bidirectional" })
        {
            yield return Row("LSTM", direction, "B,h,c");
            yield return Row("LSTM", direction, "B,lens,h,c,P");
            yield return Row("LSTM", direction, "P");
            yield return Row("LSTM", direction, "c,P", ("input_forget", 1));
            yield return Row("LSTM", direction, "B,h,c,P", ("clip", 0.2f));
            foreach (string inputs in new[] { "", "B", "h", "B,h", "B,lens,h" })
            {
                yield return Row("GRU", direction, inputs, ("linear_before_reset", 1));
            }

            yield return Row("GRU", direction, "B,h", ("linear_before_reset", 1), ("clip", 0.2f));
        }

        static TestCaseData Row(string op, string direction, string inputs, params (string, object)[] attributes) =>
            new TestCaseData(op, direction, inputs, attributes).SetArgDisplayNames(
                op,
                direction,
                inputs,
                string.Join(' ', attributes.Select(a => a.Item2 is string[] texts ? string.Join('/', texts) : a.Item1))
            );
    }

    [TestCaseSource(nameof(Rows))]
    public void Read_RecurrentLayer_ComputesWhatOnnxRuntimeDoes(
        string op,
        string direction,
        string inputs,
        (string Name, object Value)[] attributes
    )
    {
        Graph graph = ModelParity.Check(Model(op, direction, inputs, attributes: attributes), ("lens", Tensor.Of<int>([5, 2, 0], 3)));
        Assert.That(graph.Output("Yh").Shape.ToString(), Is.EqualTo($"[{(direction == "bidirectional" ? 2 : 1)}, n, {Hidden}]"));
    }

    [TestCase("", "Yh", Description = "last states only")]
    [TestCase("Y", "", Description = "outputs only")]
    public void Read_OutputsThatAreNotAskedFor_AreNotComputed(string sequence, string last)
    {
        ModelProto model = Model("GRU", "bidirectional", "B");
        model.Graph.Node[0].Output.Clear();
        model.Graph.Node[0].Output.AddRange([sequence, last]);
        model.Graph.Output.Remove(model.Graph.Output.Single(o => o.Name != sequence && o.Name != last));
        Graph graph = ModelParity.Check(model);
        Assert.That(graph.Nodes.Count(n => n.OpType == "Concat"), Is.EqualTo(sequence.Length > 0 ? 3 : 1));
    }

    // The symbols of two inputs may differ although they stand for one batch.
    [Test]
    public void Read_BatchesOfSeveralNames_AreOne()
    {
        ModelProto model = Model("LSTM", "bidirectional", "B,lens,h,c");
        foreach (ValueInfoProto input in model.Graph.Input.Where(i => i.Name is "h" or "c" or "lens"))
        {
            input.Type.TensorType.Shape.Dim.Single(d => d.DimParam == "n").DimParam = input.Name;
        }

        Graph graph = ModelParity.Check(model, ("lens", Tensor.Of<int>([5, 2, 3], 3)));
        Assert.That(graph.Output("Y").Shape.ToString(), Is.EqualTo($"[{Steps}, 2, n, {Hidden}]"));
    }

    // ONNX Runtime has no kernel for it: the same layer with transposed ends must give the same.
    [TestCase("LSTM")]
    [TestCase("GRU")]
    [TestCase("RNN")]
    public void Read_BatchFirst_IsTheLayerWithItsEndsTransposed(string op)
    {
        string states = op == "LSTM" ? "B,lens,h,c" : "B,lens,h";
        ModelProto timeFirst = Model(op, "bidirectional", states);
        ModelProto batchFirst = Model(op, "bidirectional", states, attributes: ("layout", 1));
        foreach (ValueInfoProto input in batchFirst.Graph.Input.Where(i => i.Name is "x" or "h" or "c"))
        {
            DimensionProto first = input.Type.TensorType.Shape.Dim[0];
            input.Type.TensorType.Shape.Dim.RemoveAt(0);
            input.Type.TensorType.Shape.Dim.Insert(1, first);
        }

        // in: [N, T, I] and [N, D, H]; the reference is time first behind transposes
        GraphProto g = timeFirst.Graph;
        foreach (string name in new[] { "x", "h", "c" }.Where(n => g.Node[0].Input.Contains(n)))
        {
            int at = g.Node[0].Input.IndexOf(name);
            g.Node[0].Input[at] = name + "t";
        }

        NodeProto layer = g.Node[0];
        g.Node.Clear();
        foreach (string name in new[] { "x", "h", "c" }.Where(n => layer.Input.Contains(n + "t")))
        {
            g.Node.Add(ModelText.Node("Transpose", name, name + "t", ("perm", new[] { 1L, 0, 2 })));
        }

        g.Node.Add(layer);
        foreach (string name in layer.Output.ToArray())
        {
            layer.Output[layer.Output.IndexOf(name)] = name + "t";
            g.Node.Add(ModelText.Node("Transpose", name + "t", name, ("perm", name == "Y" ? new[] { 2L, 0, 1, 3 } : new[] { 1L, 0, 2 })));
        }

        g.Input.Clear();
        g.Input.AddRange(batchFirst.Graph.Input);
        ModelParity.Check(timeFirst, batchFirst, ("lens", Tensor.Of<int>([5, 2, 1], 3)));
    }

    [Test]
    public void Read_LengthsThatAreAllFull_NeedNoMask()
    {
        ModelProto model = Model("LSTM", "forward", "lens");
        model.Graph.Input.Remove(model.Graph.Input.Single(i => i.Name == "lens"));
        model.Graph.Initializer.Add(ModelText.Constant("lens", Tensor.Of<int>([Steps, Steps, Steps], 3)));
        Assert.That(ModelParity.Check(model).Nodes.Select(n => n.OpType), Does.Not.Contain("Where"));
    }

    [Test]
    public void Read_WhatCanNotBeUnrolled_IsRefusedWithItsReason()
    {
        Refused(
            Model("LSTM", "forward", "", x: "f[T,n,3]"),
            "Model 'model': Node 0 'layer' (LSTM): the length of its sequences must be known, because it is unrolled through time: "
                + "dimension 'T' (axis 0 of 'x', [T, n, 3]) must be fixed."
        );
        Refused(
            Model("GRU", "forward", "", x: "f[n,T,3]", attributes: ("layout", 1)),
            "Model 'model': Node 0 'layer' (GRU): the length of its sequences must be known, because it is unrolled through time: "
                + "dimension 'T' (axis 1 of 'x', [n, T, 3]) must be fixed."
        );
        Refused(
            Model("RNN", "forward", "", x: "f[2000000000,n,3]"),
            "Model 'model': Node 0 'layer' (RNN): sequences of 1 to 4096 steps are unrolled, got 2000000000."
        );
        Refused(
            Model("RNN", "forward", "", x: "f[0,n,3]"),
            "Model 'model': Node 0 'layer' (RNN): sequences of 1 to 4096 steps are unrolled, got 0."
        );
        Refused(
            Model("RNN", "sideways", ""),
            "Model 'model': Node 0 'layer' (RNN): direction must be forward, reverse or bidirectional, got 'sideways'."
        );
        Refused(
            Model("GRU", "forward", "", attributes: ("layout", 2)),
            "Model 'model': Node 0 'layer' (GRU): layout must be 0 or 1, got 2."
        );
        Refused(
            Model("RNN", "forward", "", attributes: ("activations", new[] { "Cosine" })),
            "Model 'model': Node 0 'layer' (RNN): activation 'Cosine' is not supported; supported are Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, "
                + "Sigmoid, Softplus, Softsign, Tanh, ThresholdedRelu."
        );
        Refused(
            Model("RNN", "forward", "", attributes: ("activations", new[] { "Affine" })),
            "Model 'model': Node 0 'layer' (RNN): an activation needs more numbers than activation_alpha has."
        );
        Refused(
            Model("LSTM", "bidirectional", "", attributes: ("activations", new[] { "Tanh" })),
            "Model 'model': Node 0 'layer' (LSTM): expected 3 activations for each of 2 directions, got 1."
        );
        Refused(
            Model("LSTM", "forward", "", attributes: ("hidden_size", 7)),
            "Model 'model': Node 0 'layer' (LSTM): expected an input of rank 3 and weights [1, 4 * hidden_size, ...] for x and the state, hidden_size 7; "
                + "got [5, n, 3], [1, 16, 3] and [1, 16, 4]."
        );

        static void Refused(ModelProto model, string message) =>
            Assert.That(() => OnnxReader.Read(model.ToByteArray()), Throws.TypeOf<GraphException>().With.Message.EqualTo(message));
    }

    /// <summary>A model of one layer: x and weights are inputs, so are those of B, lens, h, c and P that are named.</summary>
    private static ModelProto Model(
        string op,
        string direction,
        string inputs,
        string x = "f[5,n,3]",
        params (string Name, object Value)[] attributes
    )
    {
        int gates = op switch
        {
            "LSTM" => 4,
            "GRU" => 3,
            _ => 1,
        };
        int d = direction == "bidirectional" ? 2 : 1;
        string[] optional = op == "LSTM" ? ["B", "lens", "h", "c", "P"] : ["B", "lens", "h"];
        string[] given = inputs.Split(',');
        Dictionary<string, string> types = new()
        {
            ["B"] = $"f[{d},{2 * gates * Hidden}]",
            ["lens"] = "i32[n]",
            ["h"] = $"f[{d},n,{Hidden}]",
            ["c"] = $"f[{d},n,{Hidden}]",
            ["P"] = $"f[{d},{3 * Hidden}]",
        };
        string declared = $"x: {x}; W: f[{d},{gates * Hidden},3]; R: f[{d},{gates * Hidden},{Hidden}]";
        string[] outputs = op == "LSTM" ? ["Y", "Yh", "Yc"] : ["Y", "Yh"];
        NodeProto node = ModelText.Node(
            op,
            string.Join(',', ["x", "W", "R", .. optional.Select(o => given.Contains(o) ? o : "")]),
            string.Join(',', outputs),
            [
                ("direction", direction),
                .. attributes.Any(a => a.Name == "hidden_size") ? [] : new (string, object)[] { ("hidden_size", Hidden) },
                .. attributes,
            ]
        );
        node.Name = "layer";
        return ModelText.Model(
            ModelText.Graph(
                string.Join("; ", [declared, .. optional.Where(given.Contains).Select(o => $"{o}: {types[o]}")]),
                string.Join("; ", outputs),
                node
            )
        );
    }
}
