using Google.Protobuf;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using Kindling.TestSupport;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Forms of op sets after 12 that op set 17 has otherwise, or that mean something else for one example.</summary>
public sealed class NewerFormTests
{
    // what each element goes through before and after the sum is done all the same
    [Test]
    public void Reduce_OverNoAxes_IsThatOfOnnxRuntime(
        [Values("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")] string name
    ) =>
        OneNode.EqualsOnnxRuntime(
            OneNode.Model(
                "Reduce" + name,
                18,
                [
                    [2, 3],
                ],
                ("noop_with_empty_axes", 1L)
            ),
            [
                [2, 3],
            ]
        );

    // The batch may be of one example; what is known to be 1 goes.
    [TestCase(11, "x: f[n,1,3]", new long[] { 1, 3 })]
    [TestCase(17, "x: f[n,1,3,1]", new long[] { 1, 3 })]
    [TestCase(17, "x: f[n,3]", new long[] { 1, 3 })]
    public void Squeeze_WithoutAxes_KeepsABatchOfOne(int opset, string input, long[] expected)
    {
        ModelProto model = ModelText.Model(ModelText.Graph(input, "y", ModelText.Node("Squeeze", "x", "y")), opset);
        Graph graph = OnnxReader.Read(model.ToByteArray());
        Assert.That(graph.Outputs[0].Shape, Is.EqualTo(new Shape("n", 3)));
        long[] sizes = [.. graph.Inputs[0].Shape.Select(d => d.IsKnown ? d.Size : 1)];
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor got = NodeRunner.Run(graph, engine, [Tensor.Of<float>([1, 2, 3], sizes)])[0];
            Assert.That(got.Sizes, Is.EqualTo(expected), engine.ToString());
        }
    }
}
