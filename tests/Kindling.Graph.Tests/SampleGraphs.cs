namespace Kindling.Graphs.Tests;

/// <summary>Graphs that several tests use.</summary>
internal static class SampleGraphs
{
    /// <summary>A classifier with convolution, pooling, shapes computed from shapes, attributes of every kind that operators have, and 2 outputs.</summary>
    public static Graph Convolutional()
    {
        GraphBuilder b = new("convolutional");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 1, 8, 8));
        Value w = b.Constant(Ramp(4, 1, 3, 3), "w");
        Value h = b.Relu(b.Conv(x, w, strides: [2, 2], pads: [1, 1, 1, 1]));
        h = b.MaxPool(h, [2, 2], strides: [2, 2]);
        Value batch = b.Slice(b.ShapeOf(h), b.Ints(0), b.Ints(1));
        Value features = b.Reshape(h, b.Concat(0, batch, b.Ints(16)));
        features = b.Output(b.Clip(features, b.Scalar(-1), b.Scalar(1)), "features");
        Value scores = b.Gemm(features, b.Constant(Ramp(3, 16), "head"), b.Parameter("bias", 3), transB: true);
        b.Output(b.Softmax(b.ReduceSum(b.Unsqueeze(scores, 0), [0], keepDims: false)), "scores");
        return b.Graph;
    }

    /// <summary>A few bytes of model with a constant, an attribute and symbols.</summary>
    public static Graph Small()
    {
        GraphBuilder b = new("small");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2));
        Value y = b.MatMul(x, b.Constant(Tensor.Of<float>([1, 2, 3, 4], 2, 2), "w"));
        Value flat = b.Reshape(b.ReduceMean(y, [1]), -1);
        b.Output(b.LeakyRelu(flat, 0.1f), "y");
        return b.Graph;
    }

    public static Tensor Ramp(params long[] sizes)
    {
        long count = sizes.Aggregate(1L, (a, b) => a * b);
        return Tensor.Of<float>([.. Enumerable.Range(0, (int)count).Select(i => ((i * 7 % 11) - 5) / 10f)], sizes);
    }
}
