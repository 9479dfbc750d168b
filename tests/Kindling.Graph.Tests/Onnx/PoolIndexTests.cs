namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Where MaxPool found its maxima, in the order of counting and with the pads that libtorch does not know.</summary>
public sealed class PoolIndexTests
{
    [TestCase(0, new long[] { 2, 1, 5, 4 }, new long[] { 1, 0, 0, 1 })]
    [TestCase(1, new long[] { 2, 1, 5, 4 }, new long[] { 1, 0, 0, 1 })]
    [TestCase(1, new long[] { 1, 2, 3, 6 }, new long[] { 0, 0, 0, 0 })]
    [TestCase(0, new long[] { 1, 2, 3, 4, 2 }, new long[] { 0, 1, 0, 1, 0, 1 })]
    [TestCase(1, new long[] { 1, 2, 3, 4, 2 }, new long[] { 0, 1, 0, 1, 0, 1 })]
    [TestCase(0, new long[] { 2, 2, 7 }, new long[] { 1, 0 })]
    public void Indices_OnBothEngines_AreTheSame(int order, long[] sizes, long[] pads)
    {
        GraphBuilder b = new("pool");
        Value x = b.Input("x", ElementType.Float, Shape.Of(sizes));
        long[] kernel = [.. Enumerable.Repeat(2L, sizes.Length - 2)];
        IReadOnlyList<Value> y = b.Ops(
            "MaxPool",
            2,
            [x],
            new Attributes(("kernel_shape", kernel), ("pads", pads), ("strides", kernel), ("storage_order", order))
        );
        _ = b.Output(y[0], "y");
        _ = b.Output(y[1], "at");
        Random random = new(4);
        int count = (int)sizes.Aggregate(1L, (product, size) => product * size);
        Tensor input = Tensor.Of<float>([.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 2)], sizes);
        OneNode.EqualOnBothEngines(b.Graph, input);
    }
}
