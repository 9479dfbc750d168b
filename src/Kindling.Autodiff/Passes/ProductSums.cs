using Kindling.Graphs;

namespace Kindling.Autodiff.Passes;

/// <summary>
/// Lets a matrix product add what is added to it, and multiply by what it is multiplied by: c - 0.4 * Gemm(a, b) is Gemm(a, b, c, alpha: -0.4), so that the
/// product is not written and read again. Steps of gradient descent are such sums, and the gradient of a product in second order is full of them.
/// </summary>
public static class ProductSums
{
    /// <summary>The graph with these sums in the products: same inputs, same outputs, same names of these.</summary>
    public static Graph Run(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new Sums(graph).Run();
    }

    private sealed class Sums
    {
        private readonly Graph graph;
        private readonly Rewriter rewriter;
        private readonly HashSet<Value> outputs;
        private readonly ILookup<Value, (Node Node, int Position)> uses;

        // Nodes that something else does for them.
        private readonly HashSet<Node> done = [];
        private readonly Dictionary<Node, List<Term>> sums = [];

        public Sums(Graph graph)
        {
            this.graph = graph;
            rewriter = new(graph);
            outputs = [.. graph.Outputs];
            uses = graph
                .Nodes.SelectMany(n => n.Inputs.Select((v, i) => (Value: v, Use: (n, i))))
                .Where(use => use.Value is not null)
                .ToLookup(use => use.Value!, use => use.Use);
        }

        private GraphBuilder B => rewriter.Target;

        public Graph Run()
        {
            // the whole of a sum before its parts
            foreach (Node node in graph.Nodes.Reverse().Where(n => !done.Contains(n)))
            {
                if (IsFactorOfProducts(node))
                {
                    done.Add(node);
                }
                else if (IsSum(node) && HasProduct(node))
                {
                    Collect(node, 1, sums[node] = []);
                }
            }

            foreach (Node node in graph.Nodes.Where(n => !done.Contains(n)))
            {
                if (sums.TryGetValue(node, out List<Term>? terms))
                {
                    rewriter.Replace(node.Output, Sum(terms));
                }
                else if (node.OpType == "Gemm" && node.Inputs.Take(2).Any(v => Scaled(v!).Factor != 1))
                {
                    rewriter.Replace(node.Output, Product(node, 1, node.Input(2) is { } c ? rewriter.Map(c) : null));
                }
                else
                {
                    rewriter.Copy(node);
                }
            }

            return rewriter.Finish(nameof(ProductSums));
        }

        private Value Sum(List<Term> terms)
        {
            Value? sum = null;
            foreach (Term term in terms.Where(t => t.Product is null).OrderByDescending(t => t.Factor > 0))
            {
                Value value = rewriter.Map(term.Value);
                value = Math.Abs(term.Factor) == 1 ? value : B.Mul(value, Math.Abs(term.Factor));
                sum = sum is null
                    ? term.Factor < 0
                        ? B.Neg(value)
                        : value
                    : term.Factor < 0
                        ? B.Sub(sum, value)
                        : B.Add(sum, value);
            }

            return terms.Where(t => t.Product is not null).Aggregate(sum, (c, term) => Product(term.Product!, term.Factor, c))!;
        }

        private Value Product(Node product, float factor, Value? c)
        {
            (Value a, float ofA) = Scaled(product.Inputs[0]!);
            (Value b, float ofB) = Scaled(product.Inputs[1]!);
            return B.Op(
                "Gemm",
                [rewriter.Map(a), rewriter.Map(b), c],
                product
                    .Attributes.All.Where(attribute => attribute.Key != "alpha")
                    .Select(attribute => (attribute.Key, (object?)attribute.Value))
                    .Append(("alpha", product.Attributes.Float("alpha", 1) * factor * ofA * ofB))
            );
        }

        // Adds to the terms what a sum is of.
        private void Collect(Node sum, float factor, List<Term> terms)
        {
            if (Multiple(sum) is { } multiple)
            {
                Part(multiple.Value, factor * multiple.Factor);
                return;
            }

            Part(sum.Inputs[0]!, sum.OpType == "Neg" ? -factor : factor);
            if (sum.OpType != "Neg")
            {
                Part(sum.Inputs[1]!, sum.OpType == "Sub" ? -factor : factor);
            }

            void Part(Value value, float times)
            {
                Node? producer = IsOnlyFor(value, sum) ? value.Producer : null;
                if (producer is not null && IsSum(producer) && HasProduct(producer))
                {
                    done.Add(producer);
                    Collect(producer, times, terms);
                }
                else if (producer is not null && IsPlainProduct(producer))
                {
                    done.Add(producer);
                    terms.Add(new(value, times, producer));
                }
                else
                {
                    terms.Add(new(value, times, null));
                }
            }
        }

        private bool HasProduct(Node sum) =>
            sum.Inputs.Any(v =>
                IsOnlyFor(v!, sum) && v!.Producer is { } producer && (IsPlainProduct(producer) || (IsSum(producer) && HasProduct(producer)))
            );

        // Whether nothing else needs a value, and it is of the shape of what it is for.
        private bool IsOnlyFor(Value value, Node node) =>
            !outputs.Contains(value) && value.Shape.IsKnown && value.Shape.Equals(node.Output.Shape) && uses[value].Count() == 1;

        private static bool IsSum(Node node) =>
            node.OpType is "Neg"
            || Multiple(node) is not null
            || (node.OpType is "Add" or "Sub" && node.Inputs.All(v => v!.Shape.Equals(node.Output.Shape)));

        private static bool IsPlainProduct(Node node) =>
            node.OpType == "Gemm"
            && node.Input(2) is null
            && node.Output.Type == ElementType.Float
            && node.Attributes.Float("beta", 1) == 1;

        // A multiple that is needed by products alone: they multiply themselves.
        private bool IsFactorOfProducts(Node node) =>
            Multiple(node) is not null
            && !outputs.Contains(node.Output)
            && uses[node.Output].All(use => use.Node.OpType == "Gemm" && use.Position < 2);

        private (Value Value, float Factor) Scaled(Value value) =>
            value.Producer is { } producer && IsFactorOfProducts(producer) ? Multiple(producer)!.Value : (value, 1);

        // What a node multiplies by a number.
        private static (Value Value, float Factor)? Multiple(Node node) =>
            node.OpType != "Mul" ? null
            : Number(node.Inputs[1]!) is { } second ? (node.Inputs[0]!, second)
            : Number(node.Inputs[0]!) is { } first ? (node.Inputs[1]!, first)
            : null;

        private static float? Number(Value value) =>
            value.Rank == 0 && value.Constant is { Type: ElementType.Float } number ? number.AsSpan<float>()[0] : null;
    }

    /// <summary>A part of a sum: a value, how many times, and the product that it is, if its sum can do that.</summary>
    private sealed record Term(Value Value, float Factor, Node? Product);
}
