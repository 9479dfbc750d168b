using Kindling.Graphs.Onnx;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Einsum as it is read gives what ONNX Runtime's own kernel does.</summary>
public sealed class EinsumTests
{
    private static readonly TestCaseData[] Rows =
    [
        Row("ij,jk->ik", [2, 3], [3, 4]),
        Row("ij,jk", [2, 3], [3, 4]),
        Row("ij,jk->ki", [2, 3], [3, 4]),
        Row("bij,bjk->bik", [2, 3, 4], [2, 4, 5]),
        Row("bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]),
        Row("bhqk,bkhd->bqhd", [2, 2, 3, 5], [2, 5, 2, 4]),
        Row("bsd,dhk->bshk", [2, 3, 4], [4, 2, 5]),
        Row("bshk,hkd->bsd", [2, 3, 2, 5], [2, 5, 4]),
        Row("...ij,...jk->...ik", [2, 3, 4], [1, 4, 5]),
        Row("...ij,...jk->...ik", [2, 1, 3, 4], [1, 5, 4, 2]),
        Row("i...,i...->...", [3, 2, 4], [3, 1, 4]),
        Row("i...j,j->...i", [3, 2, 4], [4]),
        Row("ij->", [2, 3]),
        Row("ij->j", [2, 3]),
        Row("ijk->kij", [2, 3, 4]),
        Row("ba", [2, 3]),
        Row("Ab,bA->A", [2, 3], [3, 2]),
        Row("aB,Bc", [2, 3], [3, 4]),
        Row("ii->i", [3, 3]),
        Row("ii", [3, 3]),
        Row("iij->j", [3, 3, 2]),
        Row("iji->ij", [3, 2, 3]),
        Row("...ii->...", [2, 3, 3]),
        Row("i,j->ij", [2], [3]),
        Row("i,i->i", [3], [3]),
        Row("i,i", [3], [3]),
        Row("ij,i->j", [2, 3], [2]),
        Row("ij,kl->il", [2, 3], [4, 5]),
        Row(" i j , j k -> i k ", [2, 3], [3, 4]),
        Row("ij,jk,kl->il", [2, 3], [3, 4], [4, 2]),
        Row("bi,bj,bk->bijk", [2, 3], [2, 4], [2, 2]),
        Row("ij,ij,ij->i", [2, 3], [2, 3], [2, 3]),
        Row("ijkl,klmn->ijmn", [2, 2, 3, 2], [3, 2, 2, 3]),
        Row("bijk,bjkl->bil", [2, 3, 2, 2], [2, 2, 2, 3]),
        Row("ij,j->ij", [2, 3], [3]),
    ];

    [TestCaseSource(nameof(Rows))]
    public void Read_Equation_IsOnnxRuntimes(string equation, long[][] sizes)
    {
        byte[] model = OneNode.Model("Einsum", 12, sizes, ("equation", equation));
        OneNode.EqualsOnnxRuntime(model, sizes);
    }

    [TestCase("bqhd,bkhd->bhqk", "n q 2 4", "n k 2 4", "n 2 q k")]
    [TestCase("bhqk,bkhd->bqhd", "n 2 q k", "n k 2 4", "n q 2 4")]
    [TestCase("bsd,dhk->bshk", "n s 4", "4 2 5", "n s 2 5")]
    [TestCase("...d,de->...e", "n s 4", "4 3", "n s 3")]
    [TestCase("ni,mi->nm", "n 3", "m 3", "n m")]
    [TestCase("nab,mab->nm", "n a b", "m a b", "n m")]
    public void Read_Symbols_StayWhatTheyAre(string equation, string left, string right, string result)
    {
        GraphBuilder b = new("symbols");
        NodeForm form = new()
        {
            Builder = b,
            Where = "Einsum",
            Opset = 12,
            OpType = "Einsum",
            Inputs = [b.Input("x", ElementType.Float, Of(left)), b.Input("y", ElementType.Float, Of(right))],
            Outputs = ["z"],
            Attributes = new(StringComparer.Ordinal) { ["equation"] = equation },
        };
        Assert.That(Decompositions.Build(form, 1)[0]!.Shape, Is.EqualTo(Of(result)));

        static Shape Of(string sizes) =>
            new(sizes.Split(' ').Select(s => char.IsAsciiDigit(s[0]) ? Dimension.Of(s[0] - '0') : Dimension.Named(s)));
    }

    [TestCase("ij,jk->ik", "it has 2 terms for 1 inputs.")]
    [TestCase("ij->ik", "its result 'ik' has a label twice, or one that no term has.")]
    [TestCase("ij->ii", "its result 'ii' has a label twice, or one that no term has.")]
    [TestCase("ijk->i", "term 'ijk' does not describe x0: Float [2, 3].")]
    [TestCase("i?->i", "term 'i?' does not describe x0: Float [2, 3].")]
    [TestCase("ijk...->i", "term 'ijk...' does not describe x0: Float [2, 3].")]
    public void Read_EquationThatDoesNotFit_IsRefused(string equation, string reason) =>
        Assert.That(
            () =>
                OnnxReader.Read(
                    OneNode.Model(
                        "Einsum",
                        12,
                        [
                            [2, 3],
                        ],
                        ("equation", equation)
                    )
                ),
            Throws.TypeOf<GraphException>().With.Message.EndsWith($"equation '{equation}': {reason}")
        );

    private static TestCaseData Row(string equation, params long[][] sizes) =>
        new TestCaseData(equation, sizes).SetArgDisplayNames(equation, string.Join(' ', sizes.Select(s => string.Join('x', s))));
}
