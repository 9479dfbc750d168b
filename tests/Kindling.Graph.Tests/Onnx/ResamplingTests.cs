using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Onnx;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Resize, Upsample and GridSample as they are read, in every mode that ONNX Runtime has: the same as its own kernels give.</summary>
public sealed class ResamplingTests
{
    private static readonly long[] Image = [2, 2, 5, 7];
    private static readonly (string Name, float[] Scales)[] Scales =
    [
        ("up", [1, 1, 2, 3]),
        ("fraction", [1, 1, 1.7f, 2.3f]),
        ("down", [1, 1, 0.6f, 0.45f]),
        ("both", [1, 1, 0.5f, 2]),
        ("one", [1, 1, 1, 0.15f]),
    ];

    [Test]
    public void Resize_Nearest_IsOnnxRuntimes(
        [Values("half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn")] string coordinates,
        [Values("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")] string rounding,
        [Range(0, 4)] int scales
    ) =>
        EqualsOnnxRuntime(
            "Resize",
            coordinates == "tf_half_pixel_for_nn" ? 11 : 17,
            [Image],
            [Tensor.Vector(Array.Empty<float>()), Tensor.Vector(Scales[scales].Scales)],
            ("coordinate_transformation_mode", coordinates),
            ("nearest_mode", rounding)
        );

    [Test]
    public void Resize_Weighted_IsOnnxRuntimes(
        [Values("linear", "cubic")] string mode,
        [Values("half_pixel", "pytorch_half_pixel", "asymmetric")] string coordinates,
        [Values(0, 1)] int excludes,
        [Range(0, 4)] int scales
    ) =>
        EqualsOnnxRuntime(
            "Resize",
            17,
            [Image],
            [null, Tensor.Vector(Scales[scales].Scales)],
            ("mode", mode),
            ("coordinate_transformation_mode", coordinates),
            ("cubic_coeff_a", -0.5f),
            ("exclude_outside", mode == "cubic" ? (long)excludes : 0)
        );

    // Corners only here: by scales that give no whole sizes, ONNX aligns them to the fraction, ONNX Runtime to the whole number.
    [TestCase("nearest", "floor")]
    [TestCase("nearest", "ceil")]
    [TestCase("nearest", "round_prefer_floor")]
    [TestCase("nearest", "round_prefer_ceil")]
    [TestCase("linear", "floor")]
    [TestCase("cubic", "floor")]
    public void Resize_ToSizes_IsOnnxRuntimes(string mode, string rounding)
    {
        foreach (string coordinates in new[] { "half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel" })
        {
            foreach (long[] size in new long[][] { [2, 2, 9, 4], [2, 2, 1, 14], [2, 2, 5, 3] })
            {
                EqualsOnnxRuntime(
                    "Resize",
                    13,
                    [Image],
                    [null, null, Tensor.Vector(size)],
                    ("mode", mode),
                    ("nearest_mode", rounding),
                    ("coordinate_transformation_mode", coordinates)
                );
            }
        }
    }

    [TestCase("nearest")]
    [TestCase("linear")]
    public void Resize_CroppedParts_AreOnnxRuntimes(string mode) =>
        EqualsOnnxRuntime(
            "Resize",
            13,
            [Image],
            [Tensor.Vector(0f, 0f, 0.4f, -0.2f, 1f, 1f, 0.9f, 0.7f), null, Tensor.Vector(2L, 2L, 4L, 6L)],
            ("mode", mode),
            ("coordinate_transformation_mode", "tf_crop_and_resize"),
            ("extrapolation_value", 7f)
        );

    [Test]
    public void Resize_Volume_IsOnnxRuntimes() =>
        EqualsOnnxRuntime(
            "Resize",
            17,
            [
                [1, 2, 3, 4, 3],
            ],
            [null, Tensor.Vector(1f, 1f, 2f, 1.5f, 0.7f)],
            ("mode", "linear")
        );

    [TestCase("nearest")]
    [TestCase("linear")]
    public void Resize_OfTheFirstForm_IsOnnxRuntimes(string mode) =>
        EqualsOnnxRuntime("Resize", 10, [Image], [Tensor.Vector(1f, 1f, 1.7f, 0.8f)], ("mode", mode));

    [TestCase("nearest")]
    [TestCase("linear")]
    public void Upsample_IsOnnxRuntimes(string mode) =>
        EqualsOnnxRuntime("Upsample", 9, [Image], [Tensor.Vector(1f, 1f, 2f, 3f)], ("mode", mode));

    [Test]
    public void GridSample_IsOnnxRuntimes(
        [Values("bilinear", "nearest", "bicubic")] string mode,
        [Values("zeros", "border", "reflection")] string padding,
        [Values(0, 1)] int corners
    ) =>
        EqualsOnnxRuntime(
            "GridSample",
            16,
            [Image, [2, 6, 5, 2]],
            [],
            ("mode", mode),
            ("padding_mode", padding),
            ("align_corners", (long)corners)
        );

    [Test]
    public void Read_WithASymbolForTheBatch_KeepsIt()
    {
        GraphBuilder b = new("symbols");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2, 5, 7));
        Value grid = b.Input("grid", ElementType.Float, new Shape("n", 3, 4, 2));
        NodeForm sample = Form(b, "GridSample", [x, grid]);
        NodeForm resize = Form(b, "Resize", [x, null, b.Constant(Tensor.Vector(1f, 1f, 2f, 2f))]);
        resize.Attributes["mode"] = "linear";
        Assert.That(Decompositions.Build(sample, 1)[0]!.Shape, Is.EqualTo(new Shape("n", 2, 3, 4)));
        Assert.That(Decompositions.Build(resize, 1)[0]!.Shape, Is.EqualTo(new Shape("n", 2, 10, 14)));
    }

    private static readonly TestCaseData[] RefusedRows =
    [
        new(new float[] { 1, 1, 2, 2 }, "mode", "lanczos", "mode 'lanczos' is not supported (nearest, linear, cubic are)."),
        new(
            new float[] { 1, 1, 2, 2 },
            "coordinate_transformation_mode",
            "centre",
            "coordinate_transformation_mode 'centre' is not supported."
        ),
        new(new float[] { 1, 2 }, "mode", "linear", "2 scales or sizes do not go with axes 0, 1, 2, 3 of x0: Float [2, 2, 5, 7]."),
        new(new float[] { 1, 1, 1e9f, 1 }, "mode", "linear", "is not supported."),
        new(new float[] { 1, 1, 1e7f, 1 }, "mode", "linear", "is more than 16777216 weights, or nothing."),
    ];

    [TestCaseSource(nameof(RefusedRows))]
    public void Resize_OfAnUnknownKind_IsRefused(float[] scales, string attribute, string value, string reason) =>
        Assert.That(
            () => OnnxReader.Read(OneNode.Model("Resize", 17, [Image], [null, Tensor.Vector(scales)], (attribute, value))),
            Throws.TypeOf<GraphException>().With.Message.Contains(reason)
        );

    private static NodeForm Form(GraphBuilder b, string op, List<Value?> inputs) =>
        new()
        {
            Builder = b,
            Where = op,
            Opset = 17,
            OpType = op,
            Inputs = inputs,
            Outputs = ["y"],
            Attributes = [],
        };

    private static void EqualsOnnxRuntime(
        string op,
        int opset,
        long[][] sizes,
        Tensor?[] constants,
        params (string Name, object Value)[] attributes
    )
    {
        byte[] model = OneNode.Model(op, opset, sizes, constants, attributes);
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
        Graph graph = OnnxReader.Read(model);
        foreach (NodeEngine engine in Enum.GetValues<NodeEngine>())
        {
            Tensor got = NodeRunner.Run(graph, engine, inputs)[0];
            Assert.That(got.Sizes, Is.EqualTo(expected.Sizes));
            Assert.That(got.AsSpan<float>().ToArray(), Is.EqualTo(expected.AsSpan<float>().ToArray()).Within(2e-5f), engine.ToString());
        }
    }
}
