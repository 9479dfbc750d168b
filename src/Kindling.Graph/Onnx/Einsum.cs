namespace Kindling.Graphs.Onnx;

/// <summary>
/// Sums of products in Einstein's notation, from left to right: what stands in one factor only is summed first, what two factors share and nothing needs
/// later is a matrix product, what remains an element-wise one.
/// </summary>
internal sealed class Einsum
{
    private const string Dots = "...";

    private readonly NodeForm form;
    private readonly GraphBuilder b;
    private readonly string equation;

    private Einsum(NodeForm form)
    {
        this.form = form;
        b = form.Builder;
        equation = string.Concat(form.Text("equation", "").Where(c => !char.IsWhiteSpace(c)));
    }

    /// <summary>Writes the node in other operators.</summary>
    public static Value Build(NodeForm form) => new Einsum(form).Run();

    private Value Run()
    {
        string[] sides = equation.Split("->");
        string[] terms = sides[0].Split(',');
        if (sides.Length > 2 || terms.Length != form.Inputs.Count)
        {
            throw Fail($"it has {terms.Length} terms for {form.Inputs.Count} inputs");
        }

        int dots = terms.Select((term, i) => term.Contains(Dots, StringComparison.Ordinal) ? Hidden(term, form.Input(i)) : 0).Max();
        Operand[] factors = [.. terms.Select((term, i) => Distinct(new Operand(form.Input(i), Labels(term, form.Input(i), dots))))];
        string output = sides.Length == 2 ? Output(sides[1], dots, factors) : Implied(terms, dots);
        Operand result = SumOthers(factors[0], output + string.Concat(factors.Skip(1).Select(f => f.Labels)));
        for (int i = 1; i < factors.Length; i++)
        {
            string later = output + string.Concat(factors.Skip(i + 1).Select(f => f.Labels));
            result = Product(result, SumOthers(factors[i], later + result.Labels), later);
        }

        return Turn(SumOthers(result, output), output).Value;
    }

    // Axes that the dots of a term stand for get signs of their own, which agree from the last one on.
    private string Labels(string term, Value value, int dots)
    {
        string labels = term;
        if (term.Contains(Dots, StringComparison.Ordinal))
        {
            labels = term.Replace(Dots, Signs(dots)[(dots - Hidden(term, value))..], StringComparison.Ordinal);
        }

        return labels.Length == value.Rank && term.Replace(Dots, "", StringComparison.Ordinal).All(char.IsAsciiLetter)
            ? labels
            : throw Fail($"term '{term}' does not describe {value}");
    }

    private int Hidden(string term, Value value) =>
        value.Rank - term.Length + Dots.Length is >= 0 and var count ? count : throw Fail($"term '{term}' does not describe {value}");

    private static string Signs(int count) => string.Concat(Enumerable.Range(0, count).Select(i => (char)(0x100 + i)));

    private string Output(string term, int dots, Operand[] factors)
    {
        string labels = term.Replace(Dots, Signs(dots), StringComparison.Ordinal);
        return labels.Distinct().Count() == labels.Length && labels.All(label => factors.Any(f => f.Labels.Contains(label)))
            ? labels
            : throw Fail($"its result '{term}' has a label twice, or one that no term has");
    }

    // Without an arrow: the dots, then what stands once, in the order of the alphabet.
    private static string Implied(string[] terms, int dots) =>
        Signs(dots)
        + string.Concat(
            terms.SelectMany(t => t).Where(char.IsAsciiLetter).GroupBy(c => c).Where(g => g.Count() == 1).Select(g => g.Key).Order()
        );

    // The diagonal of axes with one label.
    private Operand Distinct(Operand x)
    {
        while (x.Labels.GroupBy(label => label).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice)
        {
            (int first, int second) = (x.Labels.IndexOf(twice), x.Labels.LastIndexOf(twice));
            Dimension size = x.Value.Shape[first].IsKnown ? x.Value.Shape[first] : x.Value.Shape[second];
            if (!size.IsKnown)
            {
                throw Fail($"the size of '{twice}' must be known");
            }

            int[] others = [.. Enumerable.Range(0, x.Labels.Length).Where(i => i != first && i != second)];
            Value turned = b.Transpose(x.Value, [.. others.Select(i => (long)i), first, second]);
            Value flat = b.Reshape(turned, [.. others.Select(_ => 0L), checked(size.Size * size.Size)]);
            Value places = b.Ints([.. Enumerable.Range(0, (int)size.Size).Select(i => i * (size.Size + 1))]);
            x = new Operand(b.Gather(flat, places, others.Length), string.Concat(others.Select(i => x.Labels[i])) + twice);
        }

        return x;
    }

    private Operand SumOthers(Operand x, string kept)
    {
        long[] axes = [.. Enumerable.Range(0, x.Labels.Length).Where(i => !kept.Contains(x.Labels[i])).Select(i => (long)i)];
        return axes.Length == 0
            ? x
            : new Operand(b.ReduceSum(x.Value, axes, keepDims: false), string.Concat(x.Labels.Where(kept.Contains)));
    }

    // x [batch, left, inner] y [batch, inner, right] -> [batch, left, right]
    private Operand Product(Operand x, Operand y, string later)
    {
        (x, y) = (WithoutOnes(x, y), WithoutOnes(y, x));
        string shared = string.Concat(x.Labels.Where(y.Labels.Contains));
        string batch = string.Concat(shared.Where(later.Contains));
        string inner = string.Concat(shared.Where(label => !later.Contains(label)));
        string left = string.Concat(x.Labels.Where(label => !shared.Contains(label)));
        string right = string.Concat(y.Labels.Where(label => !shared.Contains(label)));
        x = Turn(x, batch + left + inner);
        y = Turn(y, batch + inner + right);
        int joined = batch.Length == 0 ? left.Length : batch.Length;
        bool turnsToMatrices =
            inner.Length > 0 && CanJoin(x, joined, left.Length, inner.Length) && CanJoin(y, batch.Length, inner.Length, right.Length);
        Value product = turnsToMatrices
            ? Matrices(x.Value, y.Value, batch.Length, inner.Length)
            : Elements(x.Value, y.Value, batch.Length, left.Length, inner.Length);
        return new Operand(product, batch + left + right);
    }

    // An axis of one element repeats itself against any other size.
    private Operand WithoutOnes(Operand x, Operand y)
    {
        long[] axes =
        [
            .. Enumerable
                .Range(0, x.Labels.Length)
                .Where(i => x.Value.Shape[i].Is(1) && y.Labels.IndexOf(x.Labels[i]) is >= 0 and var other && !y.Value.Shape[other].Is(1))
                .Select(i => (long)i),
        ];
        return axes.Length == 0 ? x : new Operand(b.Squeeze(x.Value, axes), string.Concat(x.Labels.Where((_, i) => !axes.Contains(i))));
    }

    // Where axes are joined, one size from the first joined one on may be unknown, and none may be 0: what they are together is counted.
    private static bool CanJoin(Operand x, int start, int rows, int columns) =>
        (rows == 1 && columns == 1) || (x.Value.Shape.Skip(start).Count(d => !d.IsKnown) <= 1 && !x.Value.Shape.Any(d => d.Is(0)));

    private Value Matrices(Value x, Value y, int batch, int inner)
    {
        (int left, int right) = (x.Rank - batch - inner, y.Rank - batch - inner);
        // without a batch, the rows may have several axes
        Value rows = batch == 0 && left > 0 ? Join(x, left, inner) : Join(Join(x, batch + left, inner), batch, left);
        Value product = b.MatMul(rows, Join(Join(y, batch + inner, right), batch, inner));
        if (right > 1 || (left > 1 && batch > 0))
        {
            return SizeVector.Reshape(b, product, [.. SizeVector.Axes(x).Take(batch + left), .. SizeVector.Axes(y, batch + inner)]);
        }

        long[] ones = [.. left == 0 ? Range(batch, 1) : [], .. right == 0 ? Range(product.Rank - 1, 1) : []];
        return ones.Length == 0 ? product : b.Squeeze(product, ones);
    }

    // So many axes from one on as one.
    private Value Join(Value x, int start, int count)
    {
        if (count == 1)
        {
            return x;
        }

        IEnumerable<Dimension> joined = x.Shape.Skip(start).Take(count);
        long size = joined.All(d => d.IsKnown) ? joined.Aggregate(1L, (product, d) => checked(product * d.Size)) : -1;
        return b.Reshape(x, [.. Enumerable.Repeat(0L, start), size, .. x.Shape.Skip(start + count).Select(d => d.IsKnown ? d.Size : -1)]);
    }

    private Value Elements(Value x, Value y, int batch, int left, int inner)
    {
        int right = y.Rank - batch - inner;
        Value wide = right == 0 ? x : b.Unsqueeze(x, [.. Range(x.Rank, right)]);
        Value other = left == 0 ? y : b.Unsqueeze(y, [.. Range(batch, left)]);
        Value product = b.Mul(wide, other);
        return inner == 0 ? product : b.ReduceSum(product, [.. Range(batch + left, inner)], keepDims: false);
    }

    private Operand Turn(Operand x, string order) =>
        order == x.Labels ? x : new Operand(b.Transpose(x.Value, [.. order.Select(label => (long)x.Labels.IndexOf(label))]), order);

    private static IEnumerable<long> Range(int start, int count) => Enumerable.Range(start, count).Select(i => (long)i);

    private GraphException Fail(string why) => new($"{form.Where}: equation '{equation}': {why}.");

    /// <summary>A value with one label for each axis.</summary>
    private sealed record Operand(Value Value, string Labels);
}
