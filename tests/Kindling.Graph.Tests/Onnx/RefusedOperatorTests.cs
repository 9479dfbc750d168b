using Kindling.Graphs.Onnx;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Forms of operators that are not read, each with its reason.</summary>
public sealed class RefusedOperatorTests
{
    [Test]
    public void Read_WhatIsNotSupported_IsRefusedWithItsReason()
    {
        Refused(
            "BatchNormalization",
            7,
            [
                [2, 3],
                [3],
                [3],
                [3],
                [3],
            ],
            "statistics of each place (spatial 0) are not supported.",
            ("spatial", 0L)
        );
        Refused(
            "LRN",
            13,
            [
                [2, 3, 4],
            ],
            "expected a size of 1 to 1024 and a known number of channels, got 2000000000 and [2, 3, 4].",
            ("size", 2000000000L)
        );
        Refused(
            "Gelu",
            20,
            [
                [2],
            ],
            "approximate must be none or tanh, got 'cubic'.",
            ("approximate", "cubic")
        );
        Refused(
            "Gelu",
            20,
            [
                [2],
            ],
            "attribute 'alpha' is not supported.",
            ("alpha", 1f)
        );
        Refused(
            "Mish",
            17,
            [
                [2],
            ],
            "the operator came with op set 18, the model has 17"
        );
        Refused(
            "Split",
            18,
            [
                [4],
            ],
            "axis 0 of [4] can not be split into 2000000000 parts.",
            ("num_outputs", 2000000000L)
        );
        Refused(
            "AveragePool",
            19,
            [
                [1, 1, 100000, 100000],
            ],
            "has more than 16777216 elements.",
            ("kernel_shape", new[] { 2L, 2L }),
            ("dilations", new[] { 2L, 2L })
        );
        Refused(
            "Mod",
            13,
            [
                [2],
                [2],
            ],
            "of Float there is only the remainder with fmod 1."
        );
        Refused(
            "PRelu",
            13,
            [
                [2],
                [2, 2],
            ],
            "a slope [2, 2] does not broadcast to [2]."
        );

        static void Refused(string op, int opset, long[][] sizes, string reason, params (string, object)[] attributes) =>
            Assert.That(
                () => OnnxReader.Read(OneNode.Model(op, opset, sizes, attributes)),
                Throws.TypeOf<GraphException>().With.Message.Contains(reason).And.Message.StartsWith("Model 'model': ")
            );
    }
}
