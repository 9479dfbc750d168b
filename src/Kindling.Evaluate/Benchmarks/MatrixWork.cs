using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Arithmetic in matrix products: what a graph has of it, and how fast this machine does it at best.</summary>
public static class MatrixWork
{
    private const int Side = 1024;
    private const int Runs = 11;

    /// <summary>
    /// Floating-point operations of a graph's matrix products and convolutions, a multiplication and an addition being two; everything else is left out.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="symbol">The symbol of the number of examples.</param>
    /// <param name="count">Their number.</param>
    /// <exception cref="GraphException">A size depends on something else.</exception>
    public static double Operations(Graph graph, string symbol, int count)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return 2 * graph.Nodes.Sum(Products);

        double Products(Node node) =>
            node.OpType switch
            {
                // each element of the result is a sum over the inner dimension
                "MatMul" => Elements(node.Output.Shape) * Size(node.Inputs[0]!.Shape[-1]),
                "Gemm" => Elements(node.Output.Shape) * Size(node.Inputs[0]!.Shape[node.Attributes.Int("transA", 0) == 0 ? 1 : 0]),
                // of the output over a weight [O, C/group, k...]; of the input over a weight [C, O/group, k...]
                "Conv" => Elements(node.Output.Shape) * Elements(node.Inputs[1]!.Shape) / Size(node.Inputs[1]!.Shape[0]),
                "ConvTranspose" => Elements(node.Inputs[0]!.Shape) * Elements(node.Inputs[1]!.Shape) / Size(node.Inputs[1]!.Shape[0]),
                _ => 0,
            };

        double Elements(Shape shape) => shape.Aggregate(1.0, (product, dimension) => product * Size(dimension));

        double Size(Dimension dimension) =>
            dimension.IsKnown ? dimension.Size
            : Dimension.Divide(dimension, symbol) is { IsKnown: true } factor ? factor.Size * (double)count
            : throw new GraphException($"The dimension '{dimension}' does not follow from '{symbol}'.");
    }

    /// <summary>Floating-point operations a second of ONNX Runtime's product of two matrices of 1024 x 1024; median of 11 runs.</summary>
    public static double Peak(int threads, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        GraphBuilder b = new("product");
        _ = b.Output(b.MatMul(b.Parameter("a", Side, Side), b.Parameter("b", Side, Side)), "product");
        using SessionOptions options = new() { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        using InferenceSession session = new(OnnxWriter.ToBytes(b.Graph), options);
        using RunOptions run = new();
        float[] values = [.. Enumerable.Range(0, Side * Side).Select(i => (i % 7) - 3f)];
        using OrtValue matrix = OrtValue.CreateTensorValueFromMemory(values, [Side, Side]);
        using OrtValue product = OrtValue.CreateTensorValueFromMemory(new float[Side * Side], [Side, Side]);
        double[] seconds = new double[Runs + 1];
        for (int i = 0; i <= Runs; i++)
        {
            long started = time.GetTimestamp();
            session.Run(run, ["a", "b"], [matrix, matrix], ["product"], [product]);
            seconds[i] = time.GetElapsedTime(started).TotalSeconds;
        }

        // the first run warms up
        return 2.0 * Side * Side * Side / Statistics.Median(seconds.AsSpan(1));
    }
}
