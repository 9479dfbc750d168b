using Kindling.Graphs.Onnx;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Gathering and scattering by indices of several axes, and by other reductions than sums, as ONNX Runtime's own kernels do it.</summary>
public sealed class SeveralIndicesTests
{
    private static readonly long[][] Data =
    [
        [2, 3, 4],
    ];

    private static readonly TestCaseData[] Rows =
    [
        Row("GatherND", 0, [2, 3], 0, 1, 2, -1, -1, -1),
        Row("GatherND", 0, [2, 2], 1, 0, 0, -2),
        Row("GatherND", 0, [3, 1], 1, 0, -2),
        Row("GatherND", 0, [1, 2, 2], 1, 0, 0, -2),
        Row("GatherND", 1, [2, 1], 1, -1),
        Row("GatherND", 1, [2, 2, 2], 0, 1, 1, -1, 2, 2, -3, 0),
        Row("GatherND", 2, [2, 3, 1], 0, 1, 2, 3, -1, -2),
    ];

    [TestCaseSource(nameof(Rows))]
    public void GatherND_IsOnnxRuntimes(string op, int batch, Tensor indices)
    {
        OneNode.EqualsOnnxRuntime(OneNode.Model(op, 13, Data, [indices], ("batch_dims", (long)batch)), Data);
        OneNode.EqualsOnnxRuntime(OneNode.Model(op, 13, Data, [indices], ("batch_dims", (long)batch)), Data, keepsConstants: false);
    }

    [Test]
    public void ScatterND_IsOnnxRuntimes([Values("none", "add", "mul", "max", "min")] string reduction, [Values] bool keepsConstants)
    {
        Scatters([2, 3], [2], keepsConstants, 0, 1, 2, -1, -1, -1);
        Scatters([2, 2], [2, 4], keepsConstants, 1, 0, 0, -2);
        Scatters([2, 1], [2, 3, 4], keepsConstants, 1, 0);
        Scatters([3, 1, 2], [3, 1, 4], keepsConstants, 1, 0, 0, 2, 0, 0);
        if (reduction != "none")
        {
            // one place several times
            Scatters([4, 2], [4, 4], keepsConstants, 1, 0, 1, 0, 0, 1, -1, 0);
        }

        void Scatters(long[] indexSizes, long[] updates, bool keeps, params long[] at)
        {
            long[][] sizes = [.. Data, updates];
            byte[] model = OneNode.Model("ScatterND", 18, sizes, [Tensor.Of<long>(at, indexSizes)], ("reduction", reduction));
            OneNode.EqualsOnnxRuntime(OneNode.Exchanged(model, 1, 2), sizes, keeps);
        }
    }

    [Test]
    public void ScatterElements_IsOnnxRuntimes(
        [Values("none", "add", "mul", "max", "min")] string reduction,
        [Values(0, 1, -1)] int axis,
        [Values] bool keepsConstants
    )
    {
        long[] at = reduction == "none" ? [0, 1, 1, 0] : [0, 0, 1, -1];
        long[][] sizes = [.. Data, [2, 2, 1]];
        byte[] model = OneNode.Model(
            "ScatterElements",
            18,
            sizes,
            [Tensor.Of<long>(at, 2, 2, 1)],
            ("reduction", reduction),
            ("axis", (long)axis)
        );
        OneNode.EqualsOnnxRuntime(OneNode.Exchanged(model, 1, 2), sizes, keepsConstants);
    }

    [Test]
    public void TopK_OfEqualElements_TakesTheFirst([Values(0, 1)] int largest, [Values(0, 1, -1)] int axis)
    {
        GraphBuilder b = new("top");
        Value x = b.Input("x", ElementType.Float, Shape.Of(3, 4));
        IReadOnlyList<Value> y = b.TopK(x, b.Ints(2), axis, largest != 0);
        _ = b.Output(y[0], "y");
        _ = b.Output(y[1], "at");
        Tensor input = Tensor.Of<float>([1, 2, 2, 1, 0, 0, 3, 3, 1, 1, 1, 1], 3, 4);
        OneNode.EqualOnBothEngines(b.Graph, input);
    }

    [Test]
    public void Read_IndicesOutside_AreRefused() =>
        Assert.That(
            () => OnnxReader.Read(OneNode.Model("GatherND", 13, Data, [Tensor.Of<long>([0, 3], 1, 2)])),
            Throws.TypeOf<GraphException>().With.Message.EndsWith("index 3 is outside of axis 1 of [2, 3, 4].")
        );

    private static TestCaseData Row(string op, int batch, long[] sizes, params long[] indices) =>
        new TestCaseData(op, batch, Tensor.Of<long>(indices, sizes)).SetArgDisplayNames(op, $"{batch}", string.Join('x', sizes));
}
