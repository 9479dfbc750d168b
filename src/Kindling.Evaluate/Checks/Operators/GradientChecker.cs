using Kindling.Autodiff;
using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>
/// Compares the gradients of a case with central differences. y is weighted by random numbers to give the scalar L = sum(w y); the second order is
/// that of M = sum_i sum(r_i dL/dx_i) with random r.
/// </summary>
internal sealed class GradientChecker
{
    private readonly Engine engine;
    private readonly double step;
    private readonly double floor;

    public GradientChecker(Engine engine, double step, double floor)
    {
        this.engine = engine;
        this.step = step;
        this.floor = floor;
    }

    /// <summary>The largest relative error |a - n| / max(floor, |a|, |n|) over all elements of all gradients.</summary>
    public double Error(OpCase row, int order, double wrong = 0) => Compare(row, order, wrong).Error;

    /// <summary>Likewise, and the largest gradient.</summary>
    public (double Error, double Largest) Compare(OpCase row, int order, double wrong = 0)
    {
        ArgumentNullException.ThrowIfNull(row);
        (Graph graph, int outputs) = Graph(row, order, wrong);
        Random random = new(12345);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. graph.Inputs.Select(v =>
            {
                long[] sizes = OpCase.Sizes(v.Shape);
                double low = v.Name.StartsWith('x') ? row.Low : -1;
                double high = v.Name.StartsWith('x') ? row.High : 1;
                long count = sizes.Aggregate(1L, (a, b) => a * b);
                return (sizes, Enumerable.Range(0, (int)count).Select(_ => low + ((high - low) * random.NextDouble())).ToArray());
            }),
        ];
        IReadOnlyList<double[]> results = engine(graph, inputs);
        (double worst, double largest) = (0, 0);
        for (int i = 0; i < outputs; i++)
        {
            double[] values = inputs[i].Values;
            if (results[i + 1].Length != values.Length)
            {
                throw new GraphException($"Gradient {i} of {row} has {results[i + 1].Length} elements, expected {values.Length}.");
            }

            for (int e = 0; e < values.Length; e++)
            {
                double numeric = (At(values[e] + step) - At(values[e] - step)) / (2 * step);
                double analytic = results[i + 1][e];
                double scale = Math.Max(floor, Math.Max(Math.Abs(analytic), Math.Abs(numeric)));
                largest = Math.Max(largest, Math.Abs(analytic));
                double error = Math.Abs(analytic - numeric) / scale;
                worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);

                double At(double value)
                {
                    double kept = values[e];
                    values[e] = value;
                    double result = engine(graph, inputs)[0][0];
                    values[e] = kept;
                    return result;
                }
            }
        }

        return (worst, largest);
    }

    /// <summary>Inputs x0, x1, ..., w (and r0, ...); outputs the scalar and its gradients by x0, x1, ...</summary>
    public static (Graph Graph, int Gradients) Graph(OpCase row, int order, double wrong = 0)
    {
        ArgumentNullException.ThrowIfNull(row);
        GraphBuilder b = new("case");
        Value[] xs = [.. row.Inputs.Select((shape, i) => b.Input($"x{i}", ElementType.Float, shape))];
        Value y = row.Build(b, xs);
        // sizes that only run time knows leave no way to declare weights
        Value weighted = y.Shape.All(d => d.IsKnown || d.Symbol == "n") ? b.Mul(b.Input("w", ElementType.Float, y.Shape), y) : b.Sin(y);
        Value scalar = b.ReduceSum(weighted, keepDims: false);
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, scalar, xs);
        if (order == 2)
        {
            IEnumerable<Value> terms = gradients
                .Select((g, i) => b.ReduceSum(b.Mul(b.Input($"r{i}", ElementType.Float, g.Shape), g), keepDims: false))
                .ToArray();
            scalar = terms.Aggregate(b.Add);
            gradients = Differentiator.Gradients(b, scalar, xs);
        }

        _ = b.Output(scalar, "scalar");
        for (int i = 0; i < gradients.Count; i++)
        {
            if (!gradients[i].Shape.Equals(xs[i].Shape))
            {
                throw new GraphException($"Gradient {i} of {row} is {gradients[i].Shape}, expected {xs[i].Shape}.");
            }

            _ = b.Output(wrong == 0 ? gradients[i] : b.Mul(gradients[i], 1 + wrong), $"gradient{i}");
        }

        return (b.Graph, xs.Length);
    }
}
