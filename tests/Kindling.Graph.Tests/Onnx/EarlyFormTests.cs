using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Forms of op sets 1 to 6, which ONNX Runtime does not run: what they are read as gives what their specification says.</summary>
public sealed class EarlyFormTests
{
    [Test]
    public void Add_FromAnAxis_StandsThere() =>
        Gives(
            "Add",
            6,
            [
                [1, 2, 3],
                [2],
            ],
            [
                [1, 1, 1, 1, 1, 1],
                [0, 1],
            ],
            [1, 1, 1, 2, 2, 2],
            ("broadcast", 1L),
            ("axis", 1L)
        );

    [Test]
    public void Mul_WithoutAnAxis_StandsAtTheLast() =>
        Gives(
            "Mul",
            6,
            [
                [2, 2],
                [2],
            ],
            [
                [1, 2, 3, 4],
                [10, 100],
            ],
            [10, 200, 30, 400],
            ("broadcast", 1L)
        );

    [Test]
    public void Sub_OfFewAxesFromANegativeOne_StandsThere() =>
        Gives(
            "Sub",
            6,
            [
                [2, 2],
                [2],
            ],
            [
                [1, 2, 3, 4],
                [1, 2],
            ],
            [0, 1, 1, 2],
            ("broadcast", 1L),
            ("axis", -2L)
        );

    [Test]
    public void PRelu_OfChannels_HasASlopeForEach() =>
        Gives(
            "PRelu",
            6,
            [
                [1, 2, 2],
                [2],
            ],
            [
                [-1, 1, -1, -2],
                [2, 3],
            ],
            [-2, 1, -3, -6]
        );

    [Test]
    public void Gemm_ThatBroadcasts_DoesAsToday() =>
        Gives(
            "Gemm",
            6,
            [
                [1, 2],
                [2, 2],
                [2],
            ],
            [
                [1, 2],
                [1, 0, 0, 1],
                [10, 20],
            ],
            [11, 22],
            ("broadcast", 1L)
        );

    [Test]
    public void Reshape_ByAttribute_TakesIt() =>
        Gives(
            "Reshape",
            1,
            [
                [2, 2],
            ],
            [
                [1, 2, 3, 4],
            ],
            [1, 2, 3, 4],
            ("shape", new[] { -1L })
        );

    [Test]
    public void Cast_ByName_TakesTheType() =>
        Gives(
            "Cast",
            1,
            [
                [2],
            ],
            [
                [1.5f, 2],
            ],
            [1.5f, 2],
            ("to", "FLOAT")
        );

    [Test]
    public void Concat_WithoutAnAxis_JoinsTheSecond() =>
        Gives(
            "Concat",
            1,
            [
                [2, 1],
                [2, 1],
            ],
            [
                [1, 2],
                [3, 4],
            ],
            [1, 3, 2, 4]
        );

    [Test]
    public void Relu_ThatMayOverwrite_IsARelu() =>
        Gives(
            "Relu",
            1,
            [
                [2],
            ],
            [
                [-1, 2],
            ],
            [0, 2],
            ("consumed_inputs", new[] { 1L })
        );

    [Test]
    public void LpPool_ByAFloat_IsThatNorm() =>
        Gives(
            "GlobalLpPool",
            1,
            [
                [1, 1, 2],
            ],
            [
                [3, 4],
            ],
            [5],
            ("p", 2f)
        );

    [Test]
    public void Upsample_ByHeightAndWidth_RepeatsElements() =>
        Gives(
            "Upsample",
            1,
            [
                [1, 1, 1, 2],
            ],
            [
                [1, 2],
            ],
            [1, 1, 2, 2],
            ("height_scale", 1f),
            ("width_scale", 2f)
        );

    [Test]
    public void Softmax_IsOverAllAxesFromItsOwnOn() =>
        Gives(
            "Softmax",
            1,
            [
                [1, 2, 2],
            ],
            [
                [0, 0, 0, 0],
            ],
            [0.25f, 0.25f, 0.25f, 0.25f]
        );

    [Test]
    public void Add_ThatDoesNotFit_IsRefused() =>
        Assert.That(
            () =>
                OnnxReader.Read(
                    OneNode.Model(
                        "Add",
                        6,
                        [
                            [2, 3, 4],
                            [3],
                        ],
                        ("broadcast", 1L),
                        ("axis", 3L)
                    )
                ),
            Throws.TypeOf<GraphException>().With.Message.Contains("[3] does not stand in [2, 3, 4] from axis 3 on.")
        );

    private static void Gives(
        string op,
        int opset,
        long[][] sizes,
        float[][] inputs,
        float[] expected,
        params (string Name, object Value)[] attributes
    )
    {
        Graph graph = OnnxReader.Read(OneNode.Model(op, opset, sizes, attributes));
        Tensor[] given = [.. sizes.Zip(inputs, (s, values) => Tensor.Of<float>(values, s))];
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor got = NodeRunner.Run(graph, engine, given)[0];
            Assert.That(got.AsSpan<float>().ToArray(), Is.EqualTo(expected).Within(1e-6f), engine.ToString());
        }
    }
}
