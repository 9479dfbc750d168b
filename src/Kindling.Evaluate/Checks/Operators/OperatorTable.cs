using System.Runtime.InteropServices;
using Kindling.Autodiff;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Ops;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>
/// Every operator that is read, and what its cases show: that the interpreter runs it, that its gradient and the gradient of that agree with finite
/// differences in double, and that ONNX Runtime gives the same as libtorch. Nothing in the table is a promise: it is what the checks of this run gave.
/// </summary>
public static class OperatorTable
{
    private const double Threshold = 1e-6;
    private const double ParityThreshold = 2e-4;
    private static readonly GradientChecker Checker = new(Engines.Torch, step: 1e-5, floor: 1e-2);

    /// <summary>Runs all cases.</summary>
    /// <param name="progress">Receives each operator before it is checked.</param>
    public static OperatorTableReport Run(IProgress<string>? progress = null)
    {
        ILookup<string, OpCase> cases = OpCases.All.Concat(OpCases.Stops).ToLookup(row => row.Operator, StringComparer.Ordinal);
        List<OperatorRow> rows = [];
        foreach (string name in Names)
        {
            progress?.Report(name);
            rows.Add(Row(name, [.. cases[name]]));
        }

        return new() { Operators = rows };
    }

    /// <summary>The operators that the importer takes, as the newest op set that is read names them or an older one did.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    [
        .. OpRegistry
            .All.Select(schema => schema.Name)
            .Concat(Decompositions.Names)
            .Append("Constant")
            .Append("Scatter")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What the cases of one operator show.</summary>
    internal static OperatorRow Row(string name, params OpCase[] cases)
    {
        bool stops =
            OpCases.Stops.Any(row => row.Operator == name)
            || (!Decompositions.Contains(name) && Differentiator.Support(name) == GradientSupport.Stops);
        (double Error, double Largest)[] first = stops ? [] : [.. cases.Select(row => Try(() => Checker.Compare(row, 1)))];
        (double Error, double Largest)[] second = stops ? [] : [.. cases.Select(row => Try(() => Checker.Compare(row, 2)))];
        double[] parity = [.. cases.Select(row => Try(() => (Parity(row, stops), 0)).Error)];
        return new()
        {
            Name = name,
            Cases = cases.Length,
            Interpreter = cases.Length > 0 && cases.All(row => double.IsFinite(Try(() => (Runs(row), 0)).Error)),
            Gradient =
                stops ? "stops"
                : Passed(first, Threshold) && first.Any(c => c.Largest > 0) ? "yes"
                : "no",
            SecondOrder =
                stops ? "stops"
                : Passed(second, Threshold) ? "yes"
                : "no",
            Parity = parity.Length > 0 && parity.All(error => error <= ParityThreshold),
            LargestError = first.Concat(second).Select(c => c.Error).DefaultIfEmpty(0).Max(),
        };
    }

    private static bool Passed((double Error, double Largest)[] cases, double threshold) =>
        cases.Length > 0 && cases.All(c => c.Error <= threshold);

    private static (double Error, double Largest) Try(Func<(double, double)> check)
    {
        try
        {
            return check();
        }
        catch (Exception e) when (e is GraphException or OnnxRuntimeException or ExternalException)
        {
            return (double.PositiveInfinity, 0);
        }
    }

    private static double Runs(OpCase row)
    {
        Graph graph = Forward(row);
        return Engines.Torch(graph, Inputs(graph, row)).Count == 1 ? 0 : double.PositiveInfinity;
    }

    // Of the gradient's graph, and of the gradient's gradient's: they hold the operator and all that its rule emits.
    private static double Parity(OpCase row, bool stops)
    {
        Graph graph = stops ? Forward(row) : GradientChecker.Graph(row, 2).Graph;
        IReadOnlyList<(long[] Sizes, double[] Values)> inputs = Inputs(graph, row);
        IReadOnlyList<double[]> expected = Engines.Torch(graph, inputs);
        IReadOnlyList<double[]> got = Engines.OnnxRuntime(graph, inputs);
        double worst = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            if (got[i].Length != expected[i].Length)
            {
                return double.PositiveInfinity;
            }

            worst = Math.Max(worst, EngineDifference.Of(expected[i], got[i]));
        }

        return worst;
    }

    private static Graph Forward(OpCase row)
    {
        GraphBuilder b = new("case");
        _ = b.Output(row.Build(b, [.. row.Inputs.Select((shape, i) => b.Input($"x{i}", ElementType.Float, shape))]));
        return b.Graph;
    }

    /// <summary>Random inputs for a graph of a case: numbers that float holds exactly, so that both engines start from the same.</summary>
    internal static List<(long[] Sizes, double[] Values)> Inputs(Graph graph, OpCase row)
    {
        Random random = new(99);
        return
        [
            .. graph.Inputs.Select(v =>
            {
                long[] sizes = OpCase.Sizes(v.Shape);
                int count = (int)sizes.Aggregate(1L, (a, b) => a * b);
                return (
                    sizes,
                    Enumerable
                        .Range(0, count)
                        .Select(_ => (double)(float)(row.Low + ((row.High - row.Low) * random.NextDouble())))
                        .ToArray()
                );
            }),
        ];
    }
}
