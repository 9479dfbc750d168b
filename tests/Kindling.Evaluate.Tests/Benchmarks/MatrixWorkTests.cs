using Kindling.Evaluate.Benchmarks;
using Kindling.Graphs;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class MatrixWorkTests
{
    [Test]
    public void Operations_ProductsAndConvolutions_AreCountedForTheBatch()
    {
        GraphBuilder b = new("work");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 4, 6, 6));
        Value y = b.Conv(x, b.Parameter("w", 8, 2, 3, 3), group: 2);
        Value back = b.ConvTranspose(y, b.Parameter("v", 8, 3, 3, 3), group: 2);
        Value rows = b.Reshape(back, -1, 36);
        Value dense = b.Gemm(b.MatMul(rows, b.Parameter("a", 36, 5)), b.Parameter("b", 5, 7));
        _ = b.Output(b.Gemm(dense, rows, transA: true), "gradient");

        const double Conv = 8.0 * 4 * 4 * 2 * 9;
        const double Transpose = 8.0 * 4 * 4 * 3 * 9;
        const double Dense = 6.0 * ((36 * 5) + (5 * 7) + (7 * 36));
        Assert.That(MatrixWork.Operations(b.Graph, "batch", 10), Is.EqualTo(2 * 10 * (Conv + Transpose + Dense)));
    }

    [Test]
    public void Operations_AnotherSymbol_IsNamed()
    {
        GraphBuilder b = new("work");
        _ = b.Output(b.MatMul(b.Input("x", ElementType.Float, new Shape("n", 4)), b.Parameter("w", 4, 2)), "y");
        Assert.That(
            () => MatrixWork.Operations(b.Graph, "batch", 10),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("The dimension 'n' does not follow from 'batch'.")
        );
    }

    // 2 x 1024^3 operations in one tick
    [Test]
    public void Peak_ClockThatTicks_IsTheProductsOperationsByTheTick() =>
        Assert.That(MatrixWork.Peak(1, new TickingTime(TimeSpan.FromMilliseconds(500))), Is.EqualTo(2147483648 / 0.5).Within(1));
}
