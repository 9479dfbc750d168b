using System.Collections.Concurrent;
using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Tapes;

namespace Kindling.Train.Meta;

/// <summary>The parts of a support set that the updates of a step read, in order; the last one as large as what is left. Safe to use from several threads.</summary>
/// <param name="objective">What knows the shapes of inputs and labels.</param>
/// <param name="size">Examples in a part; 0: all.</param>
internal sealed class SupportParts(Objective objective, int size)
{
    private readonly ConcurrentDictionary<(int From, int Count), Lazy<Graph>> graphs = new();

    /// <summary>Inputs and labels of each part.</summary>
    public IReadOnlyList<(T X, T Y)> Of<T>(ITape<T> tape, T x, T y)
    {
        int rows = tape.Rows(x);
        if (size == 0 || size >= rows)
        {
            return [(x, y)];
        }

        return
        [
            .. Enumerable
                .Range(0, (rows + size - 1) / size)
                .Select(i => (From: i * size, Count: Math.Min(size, rows - (i * size))))
                .Select(part => tape.Run(graphs.GetOrAdd(part, p => new(() => Rows(p.From, p.Count))).Value, x, y))
                .Select(values => (values[0], values[1])),
        ];
    }

    private Graph Rows(int from, int count)
    {
        GraphBuilder b = new("part");
        Graph support = objective.Network.Support;
        Value x = b.Input("x", ElementType.Float, support.Input("x").Shape);
        Value y = InnerLosses.Labels(b, support, objective.IsClassification, objective.Loss);
        Value rows = b.Ints([.. Enumerable.Range(from, count).Select(row => (long)row)]);
        _ = b.Output(b.Gather(x, rows));
        _ = b.Output(b.Gather(y, rows));
        return b.Graph;
    }
}
