using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Autodiff.Tests;

/// <summary>Engines for the gradient checker.</summary>
public static class Engines
{
    /// <summary>libtorch in double precision.</summary>
    public static IReadOnlyList<double[]> Torch(Graph graph, IReadOnlyList<(long[] Sizes, double[] Values)> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _ = TorchNatives.Load();
        using DisposeScope scope = NewDisposeScope();
        using TorchInterpreter interpreter = new(graph, doublePrecision: true);
        return
        [
            .. interpreter
                .Run([.. inputs.Select(i => i.Values.Length == 0 ? zeros(i.Sizes, dtype: ScalarType.Float64) : tensor(i.Values, i.Sizes))])
                .Select(t => t.numel() == 0 ? [] : t.to_type(ScalarType.Float64).contiguous().data<double>().ToArray()),
        ];
    }
}
