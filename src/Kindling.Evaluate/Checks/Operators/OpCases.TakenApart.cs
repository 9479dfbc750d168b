using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Evaluate.Checks.Operators;

/// <content>Operators that are read as others.</content>
internal static partial class OpCases
{
    private static Value Read(
        GraphBuilder b,
        int opset,
        string op,
        IEnumerable<Value?> inputs,
        params IEnumerable<(string Name, object Value)> attributes
    ) => ReadAll(b, opset, op, inputs, 1, attributes)[0]!;

    private static IReadOnlyList<Value?> ReadAll(
        GraphBuilder b,
        int opset,
        string op,
        IEnumerable<Value?> inputs,
        int outputs,
        IEnumerable<(string Name, object Value)> attributes
    )
    {
        NodeForm form = new()
        {
            Builder = b,
            Where = op,
            Opset = opset,
            OpType = op,
            Inputs = [.. inputs],
            Outputs = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")],
            Attributes = new(attributes.ToDictionary(a => a.Name, a => a.Value), StringComparer.Ordinal),
        };
        OpsetConversion.Convert(form);
        return Decompositions.Contains(form.OpType)
            ? Decompositions.Build(form, outputs)
            : [b.Op(form.OpType, form.Inputs, form.Attributes.Select(a => (a.Key, (object?)a.Value)))];
    }

    private static IEnumerable<OpCase> OtherForms =>
        [
            new(
                "ConvTranspose to a shape",
                (b, x) =>
                    Read(
                        b,
                        11,
                        "ConvTranspose",
                        x,
                        ("strides", new long[] { 2, 2 }),
                        ("output_shape", new long[] { 7, 4 }),
                        ("auto_pad", "SAME_UPPER")
                    ),
                S("n", 2, 3, 2),
                S(2, 1, 2, 3),
                S(1)
            ),
            new(
                "ConvTranspose SAME",
                (b, x) => Read(b, 11, "ConvTranspose", x, ("strides", new long[] { 2 }), ("auto_pad", "SAME_LOWER")),
                S(2, 1, 3),
                S(1, 2, 3)
            ),
            Move("Pad wrap", (b, x) => Read(b, 19, "Pad", [x, b.Ints(0, 2, 0, 1)], ("mode", "wrap")), "n", 3),
            Move("Pad wrap round", (b, x) => Read(b, 19, "Pad", [x, b.Ints(5, -1), null, b.Ints(1)], ("mode", "wrap")), "n", 2),
            new("Add from an axis", (b, x) => Read(b, 6, "Add", x.Select(b.Sin), ("broadcast", 1L), ("axis", 1L)), S("n", 2, 3), S(2)),
        ];

    private static OpCase Product(string equation, params Shape[] inputs) =>
        new($"Einsum {equation}", (b, x) => Read(b, 12, "Einsum", x.Select(b.Sin), ("equation", equation)), inputs);

    private static IEnumerable<OpCase> Einsum =>
        [
            Product("bqd,bkd->bqk", S("n", 2, 3), S("n", 2, 3)),
            Product("bhqk,bkhd->bqhd", S("n", 2, 2, 3), S("n", 3, 2, 2)),
            Product("bsd,dhk->bshk", S("n", 2, 3), S(3, 2, 2)),
            Product("b...ij,b...jk->...bik", S("n", 2, 1, 3), S("n", 1, 3, 2)),
            Product("ij,kl->ijkl", S("n", 2), S(2, 1)),
            Product("ij,ij->ij", S("n", 2), S("n", 2)),
            Product("ij,j", S("n", 3), S(3)),
            Product("i,i", S(3), S(3)),
            Product("i,i->", S("n"), S("n")),
            Product("ba->ab", S("n", 2)),
            Product("bij->j", S("n", 2, 3)),
            Product("ii->i", S(3, 3)),
            Product("...ii", S("n", 2, 2)),
            Product("aba,bc", S(2, 3, 2), S(3, 2)),
            Product("ij,jk,kl->il", S("n", 2), S(2, 3), S(3, 2)),
            Product("ijk,jkl->il", S("n", 2, 3), S(2, 3, 2)),
            Product("ij,jk->ik", S("n", 0), S(0, 2)),
            Product("nij,nj->ni", S("n", 3, 3), S("n", 3)),
            Product("nm,nm->n", S("n", "n"), S("n", "n")),
        ];

    private static Tensor Table(long[] sizes, params long[] values) => Tensor.Of<long>(values, sizes);

    private static IEnumerable<OpCase> SeveralIndices =>
        [
            Move("GatherND", (b, x) => Read(b, 13, "GatherND", [x, b.Constant(Table([3, 2], 0, 1, -1, 0, 0, 1))]), 2, 3),
            Move("GatherND rows", (b, x) => Read(b, 13, "GatherND", [x, b.Constant(Table([2, 1, 1], 1, -2))]), "n", 2),
            Move(
                "GatherND batch",
                (b, x) => Read(b, 13, "GatherND", [x, b.Constant(Table([2, 2, 1], 1, 1, 0, -1))], ("batch_dims", 1L)),
                2,
                3,
                2
            ),
            new(
                "GatherND of the largest",
                (b, x) => Read(b, 13, "GatherND", [b.Exp(x[0]), b.ArgMax(x[0], 1)], ("batch_dims", 1L)),
                S("n", 4)
            ),
            Scatter("none", S(2, 3), S(2), Table([2, 2], 0, 1, -1, 0)),
            Scatter("add", S("n", 3), S(2, 3), Table([2, 1], 1, 1)),
            Scatter("mul", S(2, 3), S(4), Table([4, 2], 0, 1, -1, 0, 0, 1, 0, 1)),
            Scatter("max", S(2, 3), S(4), Table([4, 2], 0, 1, -1, 0, 0, 1, 0, 1)),
            Scatter("min", S(3, 2), S(2, 2), Table([2, 1], 1, 1)),
            .. new[] { "mul", "max", "min" }.Select(reduction => new OpCase(
                $"ScatterElements {reduction}",
                (b, x) =>
                    Read(
                        b,
                        18,
                        "ScatterElements",
                        [b.Exp(x[0]), b.Constant(Table([2, 3], 0, 0, -1, 1, 2, 2)), b.Exp(x[1])],
                        ("axis", 1L),
                        ("reduction", reduction)
                    ),
                S(3, 4),
                S(2, 3)
            )),
            new("TopK", (b, x) => b.TopK(b.Exp(x[0]), b.Ints(2))[0], S("n", 4)),
            new("TopK smallest", (b, x) => b.TopK(b.Exp(x[0]), b.Ints(3), 0, largest: false)[0], S(4, 2)),
            new("TopK of 1", (b, x) => b.TopK(b.Exp(x[0]), b.Ints(1), 1)[0], S(2, 1, 3)),
        ];

    private static OpCase Scatter(string reduction, Shape x, Shape updates, Tensor indices) =>
        new(
            $"ScatterND {reduction}",
            (b, v) => Read(b, 18, "ScatterND", [b.Exp(v[0]), b.Constant(indices), b.Exp(v[1])], ("reduction", reduction)),
            x,
            updates
        );
}
