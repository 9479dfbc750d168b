using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Kindling.Autodiff.Tests;

/// <summary>Every gradient graph runs on ONNX Runtime in float and gives what libtorch gives in double.</summary>
public sealed class OnnxRuntimeTests
{
    [TestCaseSource(typeof(OpCases), nameof(OpCases.All))]
    public void Gradients_SecondOrderOnOnnxRuntime_EqualTorch(OpCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Graph graph = GradientChecker.Graph(row, 2).Graph;
        Random random = new(99);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. graph.Inputs.Select(v =>
            {
                long[] sizes = OpCase.Sizes(v.Shape);
                int count = (int)sizes.Aggregate(1L, (a, b) => a * b);
                // numbers that float holds exactly, so that both sides start from the same
                return (
                    sizes,
                    Enumerable
                        .Range(0, count)
                        .Select(_ => (double)(float)(row.Low + ((row.High - row.Low) * random.NextDouble())))
                        .ToArray()
                );
            }),
        ];
        IReadOnlyList<double[]> expected = Engines.Torch(graph, inputs);
        using SessionOptions options = new() { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using InferenceSession session = new(OnnxWriter.ToBytes(graph), options);
        List<NamedOnnxValue> feeds = [];
        foreach ((Value value, (long[] sizes, double[] numbers)) in graph.Inputs.Zip(inputs))
        {
            if (session.InputMetadata.ContainsKey(value.Name))
            {
                DenseTensor<float> tensor = new(numbers.Select(n => (float)n).ToArray(), [.. sizes.Select(s => (int)s)]);
                feeds.Add(NamedOnnxValue.CreateFromTensor(value.Name, tensor));
            }
        }

        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(feeds);
        for (int i = 0; i < expected.Count; i++)
        {
            float[] got = [.. results[i].AsTensor<float>()];
            double scale = Math.Max(1, expected[i].Select(Math.Abs).DefaultIfEmpty(0).Max());
            Assert.That(got, Is.EqualTo(expected[i]).Within(2e-4 * scale), graph.Outputs[i].Name);
        }
    }
}
