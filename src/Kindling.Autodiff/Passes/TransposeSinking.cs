using Kindling.Graphs;
using Kindling.Graphs.Ops;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Moves transpositions behind elementwise operators and reductions, until two of them cancel or something else needs the order of the axes. Where
/// <see cref="ConvolutionLowering"/> computes convolutions as products of rows, a whole network then stays in that order, channels last. To be run
/// before <see cref="Differentiator"/>, which writes the gradients in the same order.
/// </summary>
public static class TransposeSinking
{
    private static readonly HashSet<string> Elementwise = new(
        "Identity Neg Abs Sqrt Reciprocal Exp Log Sin Cos Tanh Sigmoid Relu LeakyRelu Elu Softplus Erf Cast Not Add Sub Mul Div Pow Greater Less Equal Where".Split(
            ' '
        ),
        StringComparer.Ordinal
    );

    /// <summary>The graph with transpositions moved: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new Sinking(graph).Run();
    }

    private sealed class Sinking(Graph graph)
    {
        private readonly Rewriter rewriter = new(graph);

        // Values of the source that are a transposition of a value of the copy which nobody has needed yet.
        private readonly Dictionary<Value, Pending> pending = [];

        private GraphBuilder B => rewriter.Target;

        public Graph Run()
        {
            foreach (Node node in graph.Nodes)
            {
                if (!Sink(node))
                {
                    foreach (Value input in node.Inputs.OfType<Value>())
                    {
                        Settle(input);
                    }

                    rewriter.Copy(node);
                }
            }

            foreach (Value output in graph.Outputs)
            {
                Settle(output);
            }

            return rewriter.Finish(nameof(TransposeSinking));
        }

        private bool Sink(Node node)
        {
            if (node.OpType == "Transpose")
            {
                Value x = node.Inputs[0]!;
                long[] own = node.Attributes.Ints("perm") ?? [.. Enumerable.Range(0, x.Rank).Reverse().Select(i => (long)i)];
                Pending(node.Output, pending.TryGetValue(x, out Pending? before) ? before.Then(own) : new Pending(rewriter.Map(x), own));
                return true;
            }

            if (!node.Inputs.Any(v => v is not null && pending.ContainsKey(v)))
            {
                return false;
            }

            return Elementwise.Contains(node.OpType) ? SinkElementwise(node)
                : node.OpType is "ReduceMean" or "ReduceSum" ? SinkReduction(node)
                : node.OpType == "Reshape" && SinkReshape(node);
        }

        private bool SinkElementwise(Node node)
        {
            Pending[] given = [.. node.Inputs.OfType<Value>().Where(pending.ContainsKey).Select(v => pending[v])];
            long[] perm = given[0].Perm;
            if (given.Any(p => !p.Perm.SequenceEqual(perm)) || node.Output.Rank != perm.Length)
            {
                return false;
            }

            // Operands that broadcast are turned the other way, where that moves no element.
            if (node.Inputs.Any(v => v is not null && !pending.ContainsKey(v) && v.Rank != 0 && !(v.Rank == perm.Length && IsThin(v))))
            {
                return false;
            }

            IEnumerable<Value?> inputs = node.Inputs.Select(v =>
                v is null ? null
                : pending.TryGetValue(v, out Pending? p) ? p.Value
                : v.Rank == 0 ? rewriter.Map(v)
                : B.Reshape(rewriter.Map(v), Turned(v, Inverse(perm)))
            );
            Value result = B.Op(node.OpType, [.. inputs], node.Attributes.All.Select(a => (a.Key, (object?)a.Value)));
            Pending(node.Output, new(result, perm));
            return true;
        }

        private bool SinkReduction(Node node)
        {
            Pending x = pending[node.Inputs[0]!];
            Value? list = node.Input(1);
            if (list is not null && list.Constant is null)
            {
                return false;
            }

            int rank = x.Perm.Length;
            HashSet<long> axes = [.. ReductionOps.Axes(node, rank, list?.Constant!.ToInt64()).Select(a => x.Perm[a < 0 ? a + rank : a])];
            // noop_with_empty_axes
            if (axes.Count == 0)
            {
                Pending(node.Output, x);
                return true;
            }

            bool keep = node.Attributes.Int("keepdims", 1) != 0;
            long[] sorted = [.. axes.Order()];
            Value result = node.OpType == "ReduceSum" ? B.ReduceSum(x.Value, sorted, keep) : B.ReduceMean(x.Value, sorted, keep);
            long[] left = [.. x.Perm.Where(a => !axes.Contains(a))];
            long[] perm = keep ? x.Perm : [.. left.Select(a => (long)left.Count(other => other < a))];
            Pending(node.Output, new(result, perm));
            return true;
        }

        // Of a value with one axis longer than 1 the order of the axes does not matter.
        private bool SinkReshape(Node node)
        {
            Value x = node.Inputs[0]!;
            if (!IsThin(x) || node.Inputs[1] is not { Constant: { } sizes } || sizes.ToInt64().Any(s => s <= 0))
            {
                return false;
            }

            rewriter.Replace(node.Output, B.Reshape(pending[x].Value, rewriter.Map(node.Inputs[1]!)));
            return true;
        }

        private void Pending(Value value, Pending p)
        {
            if (p.Perm.Select((a, i) => a == i).All(same => same))
            {
                rewriter.Replace(value, p.Value);
            }
            else
            {
                pending[value] = p;
            }
        }

        // Somebody needs the order of the axes: here stands the transposition.
        private void Settle(Value value)
        {
            if (pending.Remove(value, out Pending? p))
            {
                rewriter.Replace(value, B.Transpose(p.Value, p.Perm));
            }
        }

        private static bool IsThin(Value value) => value.Shape.IsKnown && value.Shape.Count(d => !d.Is(1)) <= 1;

        private static long[] Turned(Value value, long[] perm) => [.. perm.Select(a => value.Shape[(int)a].Size)];

        private static long[] Inverse(long[] perm)
        {
            long[] inverse = new long[perm.Length];
            for (int i = 0; i < perm.Length; i++)
            {
                inverse[perm[i]] = i;
            }

            return inverse;
        }
    }

    /// <summary>A transposition that has not been written yet: axis i of the result is axis Perm[i] of the value.</summary>
    private sealed record Pending(Value Value, long[] Perm)
    {
        public Pending Then(long[] perm) => new(Value, [.. perm.Select(a => Perm[a])]);
    }
}
