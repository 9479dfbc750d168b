using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

/// <summary>Every gradient graph runs on ONNX Runtime in float and gives what libtorch gives in double.</summary>
public sealed class OnnxRuntimeTests
{
    [TestCaseSource(typeof(OpCases), nameof(OpCases.All))]
    public void Gradients_SecondOrderOnOnnxRuntime_EqualTorch(OpCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Graph graph = GradientChecker.Graph(row, 2).Graph;
        List<(long[] Sizes, double[] Values)> inputs = OperatorTable.Inputs(graph, row);
        IReadOnlyList<double[]> expected = Engines.Torch(graph, inputs);
        IReadOnlyList<double[]> got = Engines.OnnxRuntime(graph, inputs);
        for (int i = 0; i < expected.Count; i++)
        {
            double scale = Math.Max(1, expected[i].Select(Math.Abs).DefaultIfEmpty(0).Max());
            Assert.That(got[i], Is.EqualTo(expected[i]).Within(2e-4 * scale), graph.Outputs[i].Name);
        }
    }
}
