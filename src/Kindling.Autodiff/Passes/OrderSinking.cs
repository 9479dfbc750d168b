using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Moves what only puts elements into another order (reshaping, transposing, gathering each once) behind elementwise operators, until two of them cancel or
/// something else needs the order. A product needs the weight of a convolution in one order and its gradient comes in the inverse one, so that a step of
/// gradient descent, and the direction of second order, turn back and forth; with this a weight is turned once and a gradient once. All sizes must be known.
/// </summary>
public static class OrderSinking
{
    private static readonly HashSet<string> Elementwise = new(["Identity", "Neg", "Add", "Sub", "Mul", "Div"], StringComparer.Ordinal);

    /// <summary>The graph with rearrangements moved: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new Sinking(graph).Run();
    }

    private sealed class Sinking(Graph graph)
    {
        private readonly Rewriter rewriter = new(graph);

        // Values of the source that are a rearrangement of a value of the copy which nobody has needed yet.
        private readonly Dictionary<Value, Rearranged> pending = [];

        // Rearrangements in the copy, by what they rearrange.
        private readonly Dictionary<Value, List<(Rearranged Form, Value Value)>> written = [];

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

            return rewriter.Finish(nameof(OrderSinking));
        }

        private bool Sink(Node node)
        {
            if (IsOrder(node))
            {
                Value x = node.Inputs[0]!;
                Pend(node.Output, pending.TryGetValue(x, out Rearranged? before) ? before.Then(node) : new(rewriter.Map(x), [node]));
                return true;
            }

            return node.Inputs.Any(v => v is not null && pending.ContainsKey(v))
                && (Elementwise.Contains(node.OpType) ? SinkElementwise(node) : SinkTotal(node));
        }

        private bool SinkElementwise(Node node)
        {
            Value first = node.Inputs.First(v => pending.ContainsKey(v!))!;
            if (!node.Output.Shape.Equals(first.Shape))
            {
                return false;
            }

            Rearranged form = pending[first];
            Value?[] inputs = [.. node.Inputs.Select(v => InOrder(v!, form))];
            if (inputs.Any(v => v is null))
            {
                return false;
            }

            Pend(node.Output, form.Of(B.Op(node.OpType, inputs, node.Attributes.All.Select(a => (a.Key, (object?)a.Value)))));
            return true;
        }

        // The sum of all elements does not depend on their order, but for its rounding.
        private bool SinkTotal(Node node)
        {
            if (node.OpType is not ("ReduceSum" or "ReduceMean") || node.Output.Rank != 0 || node.Input(1) is { Constant: null })
            {
                return false;
            }

            Value all = pending[node.Inputs[0]!].Base;
            rewriter.Replace(
                node.Output,
                node.OpType == "ReduceSum" ? B.ReduceSum(all, keepDims: false) : B.ReduceMean(all, keepDims: false)
            );
            return true;
        }

        // An operand in the order before the rearrangement, if it costs nothing.
        private Value? InOrder(Value operand, Rearranged form)
        {
            if (pending.TryGetValue(operand, out Rearranged? other))
            {
                return other.IsSameAs(form) ? other.Base : null;
            }

            if (!operand.Shape.IsKnown)
            {
                return null;
            }

            Value copy = rewriter.Map(operand);
            return operand.Shape.All(d => d.Is(1)) && operand.Rank <= form.Base.Rank ? copy
                : written.TryGetValue(copy, out List<(Rearranged Form, Value Value)>? forms)
                    ? forms.FirstOrDefault(f => f.Form.IsInverseOf(form)).Value
                : null;
        }

        private void Pend(Value value, Rearranged form)
        {
            if (form.IsNothing)
            {
                rewriter.Replace(value, form.Base);
            }
            else
            {
                pending[value] = form;
            }
        }

        // Somebody needs the order: here it is made.
        private void Settle(Value value)
        {
            if (!pending.Remove(value, out Rearranged? form))
            {
                return;
            }

            Value made = form.Steps.Aggregate(
                form.Base,
                (x, step) =>
                    B.Op(
                        step.OpType,
                        step.Inputs.Skip(1).Select(v => rewriter.Map(v!)).Prepend(x),
                        step.Attributes.All.Select(a => (a.Key, (object?)a.Value))
                    )
            );
            rewriter.Replace(value, made);
            if (!written.TryGetValue(form.Base, out List<(Rearranged Form, Value Value)>? forms))
            {
                written[form.Base] = forms = [];
            }

            forms.Add((form, made));
        }

        // Whether a node does nothing but put elements into another order.
        private static bool IsOrder(Node node)
        {
            if (
                node.OpType is not ("Reshape" or "Transpose" or "Gather")
                || node.Inputs[0] is not { Constant: null } x
                || !x.Shape.IsKnown
                || !node.Output.Shape.IsKnown
                || node.Input(1) is { Constant: null }
            )
            {
                return false;
            }

            return node.OpType != "Gather"
                || (
                    node.Inputs[1]!.Rank == 1
                    && Places.Taken(node) is { } taken
                    && taken.Length == taken.Distinct().Count()
                    && taken.Length == Places.Length(node)
                );
        }
    }

    /// <summary>Where elements stand in what they are taken from.</summary>
    private static class Places
    {
        /// <summary>The place of each element of a node's result in its input.</summary>
        public static int[] Of(Node node)
        {
            int[] sizes = [.. node.Inputs[0]!.Shape.ToSizes().Select(s => (int)s)];
            int[] strides = Strides(sizes);
            long[] axes = node.Attributes.Ints("perm") ?? [.. Enumerable.Range(0, sizes.Length).Reverse().Select(i => (long)i)];
            int gathered = node.OpType == "Gather" ? Axis(node) : -1;
            int[] places = [0];
            for (int i = 0; i < sizes.Length; i++)
            {
                int axis = node.OpType == "Transpose" ? (int)axes[i] : i;
                int[] along = [.. (axis == gathered ? Taken(node) : Enumerable.Range(0, sizes[axis])).Select(at => at * strides[axis])];
                places = [.. places.SelectMany(at => along.Select(step => at + step))];
            }

            return places;
        }

        /// <summary>What a Gather takes along its axis.</summary>
        public static int[] Taken(Node gather)
        {
            int length = Length(gather);
            return [.. gather.Inputs[1]!.Constant!.ToInt64().Select(i => (int)(i < 0 ? i + length : i))];
        }

        /// <summary>The size of a Gather's axis.</summary>
        public static int Length(Node gather) => (int)gather.Inputs[0]!.Shape[Axis(gather)].Size;

        private static int Axis(Node gather)
        {
            int axis = (int)gather.Attributes.Int("axis", 0);
            return axis < 0 ? axis + gather.Inputs[0]!.Rank : axis;
        }

        private static int[] Strides(int[] sizes)
        {
            int[] strides = new int[sizes.Length];
            int stride = 1;
            for (int i = sizes.Length - 1; i >= 0; i--)
            {
                strides[i] = stride;
                stride *= sizes[i];
            }

            return strides;
        }
    }

    /// <summary>A rearrangement that has not been written yet: of a value of the copy, by nodes of the source.</summary>
    private sealed class Rearranged
    {
        private readonly Lazy<int[]?> places;

        public Rearranged(Value value, IReadOnlyList<Node> steps)
            : this(value, steps, new(() => Follow(steps))) { }

        private Rearranged(Value value, IReadOnlyList<Node> steps, Lazy<int[]?> places)
        {
            Base = value;
            Steps = steps;
            this.places = places;
        }

        public Value Base { get; }

        public IReadOnlyList<Node> Steps { get; }

        /// <summary>Whether it leaves everything where it is.</summary>
        public bool IsNothing => Sizes.SequenceEqual(BaseSizes) && places.Value is null;

        private long[] BaseSizes => Base.Shape.ToSizes();

        private long[] Sizes => Steps[^1].Output.Shape.ToSizes();

        public Rearranged Then(Node node) => new(Base, [.. Steps, node]);

        /// <summary>The same of another value of the same sizes.</summary>
        public Rearranged Of(Value other) => new(other, Steps, places);

        public bool IsSameAs(Rearranged other) =>
            Sizes.SequenceEqual(other.Sizes)
            && BaseSizes.SequenceEqual(other.BaseSizes)
            && (places.Value ?? []).AsSpan().SequenceEqual(other.places.Value ?? []);

        public bool IsInverseOf(Rearranged other) =>
            Sizes.SequenceEqual(other.BaseSizes)
            && other.Sizes.SequenceEqual(BaseSizes)
            && (
                places.Value is { } mine && other.places.Value is { } its
                    ? mine.Select((at, i) => its[at] == i).All(back => back)
                    : places.Value == other.places.Value
            );

        // Where each element stands in the base; null: where it stood.
        private static int[]? Follow(IReadOnlyList<Node> steps)
        {
            int[]? all = null;
            foreach (Node step in steps.Where(s => s.OpType != "Reshape"))
            {
                int[] own = Places.Of(step);
                all = all is null ? own : [.. own.Select(at => all[at])];
            }

            return all is null || all.Select((at, i) => at == i).All(same => same) ? null : all;
        }
    }
}
